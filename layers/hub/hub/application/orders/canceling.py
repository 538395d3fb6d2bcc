"""What the commands of customers on open orders share: their books, and ending an order in them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hub.application.orders.booking import Booking
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.intake import VenueTerms
from hub.application.orders.steps import Moment, Steps
from hub.application.ports.accounts import Fees
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.orders import AccountsAtWork
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay, messages_of
from hub.domain.kernel import OrderId, RejectedError
from hub.domain.orders.order import CANCELABLE, Order, State


class NotCancelableError(RejectedError):
    code = "order_not_cancelable"


@dataclass(frozen=True, slots=True)
class OrdersAtWork:
    """Opens orders and the books that they stand in, in a customer's name."""

    accounts_at_work: AccountsAtWork
    market_data: MarketData
    calendars: Calendars
    fees: Fees
    clock: Clock
    ids: Ids
    relay: Relay
    terms: VenueTerms

    def moment(self, actor: str, trace_id: str) -> Moment:
        now = self.clock.now()
        market_time = self.market_data.view([]).clock.held_at(now)
        calendar = self.calendars.around(EXCHANGE, market_time)
        return Moment(now, market_time, calendar, trace_id, actor)

    @contextmanager
    def open(self, orders: Sequence[Order], moment: Moment) -> Iterator[Booking]:
        """One transaction over the orders and their groups, committed when the block ends well."""
        account_ids = sorted({order.account_id for order in orders})
        order_ids, schedule = [order.order_id for order in orders], self.fees.schedule(EXCHANGE)
        with self.accounts_at_work.open(account_ids, order_ids) as books:
            yield Booking(Steps(books, moment, self.ids), self.terms, schedule)

    def tell(self, booking: Booking) -> None:
        """Publish what the transaction has announced, once it has committed."""
        self.relay.send(messages_of(booking.books))


def cancel_now(booking: Booking, order_id: OrderId) -> None:
    """The order ends, acknowledged on the way out if nobody had done so yet; one that a venue has
    is asked back from there, and ends when it says so.

    Raises NotCancelableError naming the state in which it is by now.
    """
    order, now = booking.books.orders[order_id], booking.steps.moment.now
    if order.state not in CANCELABLE:
        raise NotCancelableError(f"the order is {order.state}", extra={"state": order.state.value})
    if order.routed_at is not None:
        booking.steps.recall(order)
        return
    order = booking.steps.acknowledge(order)
    booking.end(order, order.move(State.CANCELED, now), "canceled", {})
