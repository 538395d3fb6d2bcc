"""End the orders whose time is over: at the close, on their date, after ninety days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from hub.application.orders.booking import Booking
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.intake import VenueTerms
from hub.application.orders.steps import Moment, Steps, together_or_each
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.orders import AccountsAtWork, OpenOrder, Orders
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.kernel import OrderId
from hub.domain.orders.order import State, expired_state

BATCH = 50
# No quote is traded on for longer.
_QUOTES_KEPT = timedelta(hours=1)
_REASONS = {
    State.EXPIRED: ("expired", "its time in force is over"),
    State.CANCELED: ("session_missed", "its time in force was over before it could work"),
}


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
    terms: VenueTerms

    def __call__(self, trace_id: str) -> int:
        """How many orders were ended; none while nobody keeps the market's clock."""
        now = self.clock.now()
        self.orders.forget_quotes(now - _QUOTES_KEPT)
        market = self.market_data.view([]).clock
        if market.source_stopped(now):
            return 0
        market_time = market.held_at(now)
        calendar = self.calendars.around(EXCHANGE, market_time)
        moment = Moment(now, market_time, calendar, trace_id)
        ended = 0
        while due := self.orders.expired(market_time, BATCH):
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
            booking = Booking(Steps(books, moment, self.ids), self.terms, ())
            ended = sum(_end_one(booking, order_id) for order_id in order_ids)
        self.relay.send(messages_of(books))
        return ended


def _end_one(booking: Booking, order_id: OrderId) -> bool:
    order = booking.books.orders[order_id]
    # The exits of an entry that ends in this very transaction have ended with it.
    if not order.is_open or order.state is State.PENDING_NEW:
        return not order.is_open
    if order.routed_at is not None:
        booking.steps.recall(order)
        return True
    state = expired_state(order)
    code, reason = _REASONS[state]
    ended = replace(order.move(state, booking.steps.moment.now), reason_code=code, reason=reason)
    booking.end(order, ended, "session_closed" if state is State.EXPIRED else code, {})
    return True
