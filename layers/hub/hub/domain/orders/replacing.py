"""Replacing a working order by another (order-semantics 6)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import Fault, InvalidInputError, OrderId, RejectedError, price_increment
from hub.domain.orders.order import Order, OrderClass, OrderType, State, TimeInForce
from hub.domain.orders.stops import trail_of


class Changes(NamedTuple):
    """What shall be different; None leaves it as it is.

    `quantity` is the whole order's, what is filled included. `trail` is the amount or the percent,
    whichever the order trails by.
    """

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    time_in_force: TimeInForce | None = None
    expire_date: date | None = None


class NotReplaceableError(RejectedError):
    code = "order_not_replaceable"


_REPLACEABLE = frozenset({State.NEW, State.PARTIALLY_FILLED})


def replacement(
    order: Order, changes: Changes, new_id: OrderId, at: datetime
) -> tuple[Order, Order]:
    """The old order, `replaced`, and the new one, which asks for what the old one left unfilled.

    It reserves nothing yet. Raises InvalidInputError for a change that the order cannot have, and
    RejectedError for an order that cannot be changed; then nothing is.
    """
    check_replaceable(order)
    check_changes(order, changes)
    quantity = order.quantity if changes.quantity is None else changes.quantity
    if quantity <= order.filled_quantity:
        message = f"{order.filled_quantity} are filled, so the new quantity must be above that"
        fault = Fault("quantity", "above_filled", message)
        raise RejectedError(message, code="quantity_below_filled", faults=(fault,))
    if order.is_exit and order.order_class is not OrderClass.OCO and quantity > order.quantity:
        message = "an exit is for no more than its entry has brought"
        fault = Fault("quantity", "within_entry", message)
        raise RejectedError(message, code="exit_beyond_entry", faults=(fault,))
    time_in_force = changes.time_in_force or order.time_in_force
    dated = time_in_force is TimeInForce.GTD
    new = replace(
        order,
        order_id=new_id,
        client_order_id=new_id,
        quantity=quantity - order.filled_quantity,
        notional=None,
        limit_price=changes.limit_price or order.limit_price,
        stop_price=changes.stop_price or order.stop_price,
        time_in_force=time_in_force,
        expire_date=(changes.expire_date or order.expire_date) if dated else None,
        state=State.PENDING_NEW,
        filled_quantity=Decimal(0),
        filled_value=Decimal(0),
        fills=0,
        fees=Decimal(0),
        reserved_cash=Decimal(0),
        reserved_quantity=Decimal(0),
        reason_code=None,
        reason=None,
        created_at=at,
        updated_at=at,
        executed_at=None,
        met_event=None,
        routed_at=None,
        sent_at=None,
        replaces=order.order_id,
        replaced_by=None,
    )
    old = replace(order.move(State.REPLACED, at), replaced_by=new_id)
    return old, _trailing(new, changes.trail)


def check_replaceable(order: Order) -> None:
    """Raises NotReplaceableError naming the order's state."""
    if order.state not in _REPLACEABLE:
        message = f"the order is {order.state}, and only a working order can be replaced"
        raise NotReplaceableError(message, extra={"state": order.state.value})
    if order.routed_at is not None:
        message = "the order is at the venue: cancel it, and send another"
        raise NotReplaceableError(message, extra={"state": order.state.value})
    if order.notional is not None:
        message = "an order of a notional cannot be replaced"
        raise NotReplaceableError(message, extra={"state": order.state.value})


def check_changes(order: Order, changes: Changes) -> None:
    """Raises InvalidInputError for a change that does not fit the order's type."""
    faults = [*_misplaced(order, changes), *increment_faults(changes)]
    if changes == Changes():
        faults.append(Fault("body", "required", "say what shall be different"))
    if changes.stop_price is not None and order.triggered_at is not None:
        faults.append(Fault("stop_price", "triggered", "the stop has triggered already"))
    dated = (changes.time_in_force or order.time_in_force) is TimeInForce.GTD
    if dated and not (changes.expire_date or order.expire_date):
        faults.append(Fault("expire_date", "required", "gtd needs an expire_date"))
    if changes.expire_date is not None and not dated:
        faults.append(Fault("expire_date", "not_allowed", "only gtd takes an expire_date"))
    if faults:
        raise InvalidInputError("the change does not fit the order", faults=tuple(faults))


def _misplaced(order: Order, changes: Changes) -> Iterator[Fault]:
    has = {
        "limit_price": order.limit_price is not None,
        "stop_price": order.type in {OrderType.STOP, OrderType.STOP_LIMIT},
        "trail": order.type is OrderType.TRAILING_STOP,
    }
    for name, present in has.items():
        if getattr(changes, name) is not None and not present:
            yield Fault(name, "not_allowed", f"a {order.type} order has no {name}")


def increment_faults(prices: object) -> Iterator[Fault]:
    """Prices that are not on their increment, of those that `prices` has."""
    for name in ("limit_price", "stop_price", "trail_price"):
        price: Decimal | None = getattr(prices, name, None)
        if price is not None and price % price_increment(price):
            message = "prices from 1.00 have at most two decimals, below four"
            yield Fault(name, "price_increment", message)


def _trailing(order: Order, trail: Decimal | None) -> Order:
    """The order with another trail, its stop where that puts it; the best price seen stays."""
    if trail is None:
        return order
    if order.trail_price is not None:
        order = replace(order, trail_price=trail)
    else:
        order = replace(order, trail_percent=trail)
    new_trail = trail_of(order)
    if new_trail is None or order.water_mark is None:
        return order
    stop = new_trail.stop(order.side, order.water_mark)
    if stop <= 0:
        message = f"a trail of {trail} leaves no price to stop at"
        fault = Fault("trail", "tolerance", message)
        raise RejectedError(message, code="price_out_of_tolerance", faults=(fault,))
    return replace(order, stop_price=stop)
