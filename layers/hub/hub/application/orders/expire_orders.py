"""At the close, end the day orders of the session (order-semantics 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.steps import Moment, Steps, together_or_each
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.orders import AccountsAtWork, OpenOrder, Orders
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.kernel import OrderId
from hub.domain.orders.order import State

BATCH = 50
_WORKING = frozenset({State.NEW, State.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """Runs as often as it likes: an order that has ended is left alone."""

    orders: Orders
    market_data: MarketData
    accounts_at_work: AccountsAtWork
    calendars: Calendars
    clock: Clock
    ids: Ids
    relay: Relay

    def __call__(self, trace_id: str) -> int:
        """How many orders were ended; none while nobody keeps the market's clock."""
        now = self.clock.now()
        market = self.market_data.view([]).clock
        if market.source_stopped(now):
            return 0
        market_time = market.held_at(now)
        calendar = self.calendars.around(EXCHANGE, market_time)
        closed = calendar.last_close(market_time)
        moment = Moment(now, market_time, calendar, trace_id)
        ended = 0
        while closed and (due := self.orders.day_orders_before(closed, BATCH)):
            # An order that breaks the transaction does not keep the others alive.
            done, _ = together_or_each(due, lambda orders: self._end(orders, moment))
            of_these = sum(done)
            ended += of_these
            if of_these < BATCH:
                break
        return ended

    def _end(self, due: Sequence[OpenOrder], moment: Moment) -> int:
        account_ids = sorted({order.account_id for order in due})
        order_ids = [order.order_id for order in due]
        with self.accounts_at_work.open(account_ids, order_ids) as books:
            steps = Steps(books, moment, self.ids)
            ended = sum(_end_one(steps, order_id) for order_id in order_ids)
        self.relay.send(messages_of(books))
        return ended


def _end_one(steps: Steps, order_id: OrderId) -> bool:
    order = steps.books.orders[order_id]
    if order.state in _WORKING:
        steps.end(order, order.move(State.EXPIRED, steps.moment.now), "session_closed", {})
        return True
    if order.state is State.ACCEPTED:
        # Queued for a session in which nobody processed it: it never worked, so it cannot expire.
        steps.end(order, order.move(State.CANCELED, steps.moment.now), "session_missed", {})
        return True
    return False
