"""Fill an order by hand, at a price and quantity that a person answers for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hub.application.operations.deciding import Deciding, OrderDecision, OrderNotOpenError
from hub.application.orders.booking import Booking, Seen
from hub.application.orders.election import quote_event
from hub.application.ports.orders import Orders
from hub.application.ports.system import Ids
from hub.domain.kernel import Fault, RejectedError
from hub.domain.market.quote import Quote
from hub.domain.orders.events import Market
from hub.domain.orders.matching import sized
from hub.domain.orders.order import ARRIVING, WORKING, Order, State
from hub.domain.orders.stops import is_marketable


class FillRefusedError(RejectedError):
    code = "fill_refused"


class FillOrderCommand(NamedTuple):
    """The same `key` fills once; without one each command is of its own."""

    decision: OrderDecision
    quantity: Decimal
    price: Decimal
    key: str | None


@dataclass(frozen=True, slots=True)
class FillOrder:
    """Booked as every fill: cash, shares, fees, reservation, and what follows for the group."""

    deciding: Deciding
    orders: Orders
    ids: Ids

    def __call__(self, command: FillOrderCommand) -> Order:
        """Raises NotFoundError, OrderNotOpenError, FillRefusedError, and
        InsufficientBuyingPowerError where the account cannot pay what no reservation covers."""
        decision = command.decision
        told = {"quantity": str(command.quantity), "price": str(command.price)}
        order = self.deciding.recorded(decision, "fill_order", **told)
        event_id = f"operator-{command.key or self.ids.new()}"
        with self.deciding.open(order, decision) as booking:
            if not self.orders.was_filled_by(order.order_id, event_id):
                self._fill(booking, command, event_id)
        return booking.books.orders[order.order_id]

    def _fill(self, booking: Booking, command: FillOrderCommand, event_id: str) -> None:
        order = self.deciding.noted(booking, command.decision, "fill")
        if order.state not in ARRIVING | WORKING:
            raise OrderNotOpenError(f"the order is {order.state}", extra={"state": order.state})
        _check(order, command)
        moment = booking.steps.moment
        seen = _stated(order, command, event_id, booking)
        if order.state in ARRIVING:
            live = order.move(State.NEW, moment.now)
            order = booking.steps.take(order, live, "entered", seen.record)
        if order.waits_for_trigger:
            order = booking.trigger(order, seen.record)
        booking.fill_as_told(order, command.quantity, command.price, seen)


def _check(order: Order, command: FillOrderCommand) -> None:
    limit = order.limit_price
    if limit is not None and not is_marketable(order.side, limit, command.price):
        raise _refused("price", "limit", f"the price is worse than the limit of {limit}")
    most = sized(order, command.price).open_quantity
    if command.quantity > most:
        raise _refused("quantity", "open_quantity", f"only {most} are open")


def _refused(field: str, rule: str, message: str) -> FillRefusedError:
    return FillRefusedError(message, faults=(Fault(field, rule, message),))


def _stated(order: Order, command: FillOrderCommand, event_id: str, booking: Booking) -> Seen:
    """The price as the person states it. It is no market: exits wait for the real one."""
    quote = Quote(
        quote_id=event_id,
        symbol=order.symbol,
        bid=command.price,
        ask=command.price,
        last=command.price,
        bid_size=command.quantity,
        ask_size=command.quantity,
        time=booking.steps.moment.market_time,
    )
    return Seen(Market(), quote, None, quote_event(quote))
