"""Watch the market for resting orders, and send those it reaches to be processed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from hub.application.books import Destination, queue_body
from hub.application.orders.election import (
    Election,
    election_text,
    last_trade_event,
    quote_event,
    trade_event,
)
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.ports.market import Calendars
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.orders import Orders
from hub.application.ports.system import Clock, Ids
from hub.domain.kernel import OrderId
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from hub.domain.orders.events import TradeEvent
from hub.domain.orders.trigger_book import Due, Resting, TriggerBook
from hub.domain.orders.venue import VenueProfile

RELOAD_EVERY = timedelta(seconds=30)
SAVE_EVERY = timedelta(seconds=5)
# Triggers wait meanwhile: so many take some ten milliseconds.
SLICE = 5_000
MARKS_AT_ONCE = 1_000
# A row's time is that of its decision; it is seen once its transaction has committed.
_COMMITS_WITHIN = timedelta(seconds=10)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class _Span(NamedTuple):
    """A stretch of market time that is a regular session, or the time between two."""

    start: datetime
    end: datetime
    regular: bool


_NONE = _Span(_BEGINNING, _BEGINNING, regular=False)


class _Reached(NamedTuple):
    order: Resting
    election: Election


@dataclass(slots=True)
class WatchRestingOrders:
    """An order that an event reaches is sent, and leaves the book; the next reload brings it back
    if it still rests. One that is sent because of what had been seen before stays.

    So a lost message, or a quote that had moved on when the order was processed, is a delay.
    """

    orders: Orders
    publisher: Publisher
    calendars: Calendars
    clock: Clock
    ids: Ids
    profile: VenueProfile
    _book: TriggerBook = field(init=False)
    _quotes: dict[str, Quote] = field(default_factory=dict)
    _trades: dict[str, Trade] = field(default_factory=dict)
    _seen_at: dict[str, datetime] = field(default_factory=dict)
    _unsent: list[_Reached] = field(default_factory=list)
    _span: _Span = _NONE
    _reconciling: Iterator[None] | None = None
    _sent: set[OrderId] = field(default_factory=set)
    _read_at: datetime = _BEGINNING
    _reloaded_at: datetime = _BEGINNING
    _saved_at: datetime = _BEGINNING

    def __post_init__(self) -> None:
        self._book = TriggerBook(self.profile)

    def refresh(self) -> int:
        """Take in what has come to rest since the last time. How many orders are watched.

        The database may fail at each read and write; what was not done then is done next time.
        """
        now = self.clock.now()
        self._save(now)
        if self._reconciling is None and now - self._reloaded_at >= RELOAD_EVERY:
            self._reload(now)
        else:
            self._poll(now)
        if self._reconciling is not None and next(self._reconciling, self) is self:
            self._reconciling = None
        late, self._unsent = self._unsent, []
        self._send([*late, *self._take_due()])
        return len(self._book)

    def observe(self, quote: Quote) -> int:
        """How many orders were sent. Those that the queue did not take are sent with a refresh."""
        if quote.last_close:
            return 0
        sent = self._observe_last_trade(quote)
        self._quotes[quote.symbol] = quote
        self._seen_at[quote.symbol] = self.clock.now()
        reached = self._book.on_quote(
            quote.symbol, quote_event(quote), regular=self._is_regular(quote.time)
        )
        return sent + self._send([_reached(order, quote, None) for order in reached])

    def observe_trade(self, trade: Trade) -> int:
        """The same for a trade."""
        self._trades[trade.symbol] = trade
        self._seen_at[trade.symbol] = self.clock.now()
        reached = self._book.on_trade(
            trade.symbol, trade_event(trade), regular=self._is_regular(trade.time)
        )
        quote = self._quotes.get(trade.symbol)
        return self._send([_reached(order, quote, trade) for order in reached])

    def _observe_last_trade(self, quote: Quote) -> int:
        """Who begins to watch learns of the trade before from the first quote: stops that listen to
        trades would else be tested against quotes."""
        last = last_trade_event(quote)
        if last is None or quote.symbol in self._trades:
            return 0
        self._quotes[quote.symbol] = quote
        time = quote.last_time or quote.time
        return self.observe_trade(Trade(last.event_id, quote.symbol, last.price, last.size, time))

    def _save(self, now: datetime) -> None:
        if now - self._saved_at < SAVE_EVERY:
            return
        moved = self._book.moved(MARKS_AT_ONCE)
        self.orders.save_marks(moved)
        self._book.forget_moved()
        if len(moved) < MARKS_AT_ONCE:
            self._saved_at = now

    def _poll(self, now: datetime) -> None:
        for order in self.orders.resting(self._read_at - _COMMITS_WITHIN):
            self._put(order)
        self._read_at = now

    def _put(self, order: Resting) -> None:
        """What was decided of an order after an event had been seen was decided with it in view: a
        quote is where the decision reads it before it is seen here."""
        seen_at = self._seen_at.get(order.symbol, _BEGINNING)
        self._book.put(order, has_met=order.since is not None and order.since >= seen_at)

    def _reload(self, now: datetime) -> None:
        """Read everything. At first it is taken in at once, later by slices, while events go on."""
        known = set(self._book.order_ids())
        resting = self.orders.resting(_BEGINNING)
        self._read_at = self._reloaded_at = now
        self._sent.clear()
        if known:
            self._reconciling = self._reconcile(resting, known)
            return
        for order in resting:
            self._put(order)

    def _reconcile(self, resting: Sequence[Resting], known: set[OrderId]) -> Iterator[None]:
        """What was read is as old as its reading: what was sent since is left to the next."""
        waiting = iter(resting)
        while some := list(islice(waiting, SLICE)):
            for order in some:
                known.discard(order.order_id)
                if order.order_id not in self._sent:
                    self._put(order)
            yield
        for order_id in known:
            self._book.drop(order_id)

    def _is_regular(self, moment: datetime) -> bool:
        """Whether the market is in its regular session; the calendar is asked once per session."""
        if not self._span.start <= moment < self._span.end:
            self._span = self._span_at(moment)
        return self._span.regular

    def _span_at(self, moment: datetime) -> _Span:
        calendar = self.calendars.around(EXCHANGE, moment)
        session, following = calendar.session_at(moment), calendar.next_session(moment)
        if session is not None:
            return _Span(session.open, session.close, regular=True)
        # Where the calendar ends it is asked again each time: it may have been filled by then.
        end = following.open if following else moment
        return _Span(calendar.last_close(moment) or moment, end, regular=False)

    def _take_due(self) -> Sequence[_Reached]:
        """What reached them may be too old to trade on, and the next reload further than the next
        quote: they are in reach of that, too. Who was served by then is left alone."""
        due = self._book.take_due()
        for each in due:
            self._book.put(each.order, has_met=True)
        return [self._of_due(each) for each in due]

    def _of_due(self, due: Due) -> _Reached:
        quote = self._quotes.get(due.order.symbol)
        trade = self._trades[due.order.symbol] if isinstance(due.event, TradeEvent) else None
        return _reached(due.order, quote, trade)

    def _send(self, reached: Sequence[_Reached]) -> int:
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
                    election.event_id,
                    election=election_text(election),
                ),
            )
            for order, election in reached
        ]
        taken = set(self.publisher.publish(messages))
        for message, each in zip(messages, reached, strict=True):
            if message.message_id in taken:
                self._sent.add(each.order.order_id)
            else:
                self._unsent.append(each)
        return len(taken)


def _reached(order: Resting, quote: Quote | None, trade: Trade | None) -> _Reached:
    stop = order.stop
    if stop is None or stop.trail is None:
        return _Reached(order, Election(quote, trade))
    return _Reached(order, Election(quote, trade, stop.price, stop.mark))
