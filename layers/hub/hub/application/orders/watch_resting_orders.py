"""Watch the market for resting orders, and send those it reaches to be processed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hub.application.books import Destination
from hub.application.orders.election import Election, election_text
from hub.application.orders.submit_order import queue_body
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.orders import Orders
from hub.application.ports.system import Clock, Ids
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from hub.domain.orders.events import Touch
from hub.domain.orders.trigger_book import TriggerBook

RELOAD_EVERY = timedelta(seconds=30)
SAVE_EVERY = timedelta(seconds=5)
# A row's time is that of its decision; it is seen once its transaction has committed.
_COMMITS_WITHIN = timedelta(seconds=10)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class WatchRestingOrders:
    """An order that is sent leaves the book; the next reload brings it back if it still rests.

    So a lost message, or a quote that had moved on when the order was processed, is a delay.
    """

    orders: Orders
    publisher: Publisher
    clock: Clock
    ids: Ids
    _book: TriggerBook = field(default_factory=TriggerBook)
    _read_at: datetime = _BEGINNING
    _reloaded_at: datetime = _BEGINNING
    _saved_at: datetime = _BEGINNING

    def refresh(self) -> int:
        """Take in what has come to rest since the last time. How many orders are watched."""
        now = self.clock.now()
        whole = now - self._reloaded_at >= RELOAD_EVERY
        if whole or now - self._saved_at >= SAVE_EVERY:
            self.orders.save_marks(self._book.moved())
            self._book.forget_moved()
            self._saved_at = now
        since = _BEGINNING if whole else self._read_at - _COMMITS_WITHIN
        # The database may fail at each of these; until all is read, the book stays as it was.
        resting = self.orders.resting(since)
        if whole:
            self._book, self._reloaded_at = TriggerBook(), now
        for order in resting:
            self._book.put(order)
        self._read_at = now
        return len(self._book)

    def observe(self, quote: Quote) -> int:
        """How many orders were sent. Those that the queue did not take go back into the book."""
        reached = self._book.take_reached(quote.symbol, Touch(quote.bid, quote.ask))
        if not reached:
            return 0
        messages = [
            Message(
                self.ids.new(),
                order.account_id,
                Destination.ORDERS_TRIGGERED,
                queue_body(
                    order.order_id,
                    order.account_id,
                    order.symbol,
                    quote.quote_id,
                    election=election_text(
                        Election(
                            quote,
                            None,
                            order.stop.price if order.stop and order.stop.mark else None,
                            order.stop.mark if order.stop else None,
                        )
                    ),
                ),
            )
            for order in reached
        ]
        taken = set(self.publisher.publish(messages))
        for message, order in zip(messages, reached, strict=True):
            if message.message_id not in taken:
                self._book.put(order)
        return len(taken)

    def observe_trade(self, _trade: Trade) -> int:
        """How many orders were sent: none, because resting orders follow the quotes."""
        return 0
