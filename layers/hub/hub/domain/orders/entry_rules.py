"""What an order must satisfy before it is taken (requirement 39, order-semantics 2 and 4)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import (
    Fault,
    InvalidInputError,
    RejectedError,
    notional,
    plain,
    price_increment,
)
from hub.domain.orders.matching import Touch, opposite_price
from hub.domain.orders.order import IMMEDIATE, STOPS, OrderType, Side, TimeInForce
from hub.domain.orders.stops import Trail, first_mark

_ONE = Decimal(1)


class EntryLimits(NamedTuple):
    """The venue's settings for orders on their way in.

    `collar` pads the price for which a market order's money is reserved. `tolerance` is how far
    through the market a limit may be before it is taken for a slip of the finger: a buy above,
    a sale below. A limit on the passive side harms nobody and may be anywhere. `most_value` keeps
    a single order, in USD, within what money columns hold.
    """

    collar: Decimal = Decimal("0.04")
    tolerance: Decimal = Decimal("0.50")
    least_value: Decimal = Decimal("0.01")
    most_value: Decimal = Decimal(100_000_000_000)


class NewOrder(NamedTuple):
    """What the customer asks for."""

    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None


_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


def check_form(order: NewOrder) -> None:
    """Rules between fields, which need no market. Raises InvalidInputError."""
    faults = [
        *_belongs(order, "limit_price", order.limit_price, order.type in _LIMITED),
        *_belongs(order, "stop_price", order.stop_price, order.type in _STOPPED),
        *_trail_faults(order),
        *_time_faults(order),
    ]
    for name in ("limit_price", "stop_price", "trail_price"):
        price: Decimal | None = getattr(order, name)
        if price is not None and price % price_increment(price):
            message = "prices from 1.00 have at most two decimals, below four"
            faults.append(Fault(name, "price_increment", message))
    if faults:
        raise InvalidInputError("the order breaks a rule", faults=tuple(faults))


def _belongs(order: NewOrder, name: str, price: Decimal | None, wanted: bool) -> Iterator[Fault]:
    if wanted and price is None:
        yield Fault(name, "required", f"a {order.type} order needs a {name}")
    if not wanted and price is not None:
        yield Fault(name, "not_allowed", f"a {order.type} order takes no {name}")


def _trail_faults(order: NewOrder) -> Iterator[Fault]:
    given = [
        name
        for name, value in (
            ("trail_price", order.trail_price),
            ("trail_percent", order.trail_percent),
        )
        if value is not None
    ]
    if order.type is not OrderType.TRAILING_STOP:
        for name in given:
            yield Fault(name, "not_allowed", f"a {order.type} order takes no {name}")
    elif len(given) != 1:
        message = "a trailing stop needs a trail_price or a trail_percent, and not both"
        yield Fault("trail_price", "one_of", message)


def _time_faults(order: NewOrder) -> Iterator[Fault]:
    if order.quantity % 1 != 0 and order.time_in_force is not TimeInForce.DAY:
        message = "a fractional quantity needs time_in_force day"
        yield Fault("quantity", "whole_shares", message)
    if order.quantity % 1 != 0 and order.type in STOPS:
        message = "a stop order takes whole shares only"
        yield Fault("quantity", "whole_shares", message)
    if order.type in STOPS and order.time_in_force in IMMEDIATE:
        message = "a stop order waits, so its time_in_force is day or gtc"
        yield Fault("time_in_force", "waits", message)


def check_price(order: NewOrder, touch: Touch, limits: EntryLimits) -> None:
    """Refuse a limit that is far through the market. Raises RejectedError.

    The limit of a stop-limit belongs to the market that its stop will meet.
    """
    stop = first_stop(order, touch)
    if stop is not None and stop <= 0:
        message = f"a trail of {order.trail_price} leaves no price to stop at"
        fault = Fault("trail_price", "tolerance", message)
        raise RejectedError(message, code="price_out_of_tolerance", faults=(fault,))
    if order.limit_price is None or order.stop_price is not None:
        return
    market = opposite_price(order.side, touch)
    bound = market * (_ONE + limits.tolerance * (1 if order.side is Side.BUY else -1))
    through = order.limit_price > bound if order.side is Side.BUY else order.limit_price < bound
    if through:
        side = "above" if order.side is Side.BUY else "below"
        message = f"a limit of {order.limit_price} is too far {side} the market at {market}"
        raise RejectedError(
            message,
            code="price_out_of_tolerance",
            faults=(Fault("limit_price", "tolerance", message),),
            extra={"market_price": plain(market, 2), "bound": plain(bound, 2)},
        )


def check_value(order: NewOrder, touch: Touch, limits: EntryLimits) -> None:
    """Refuse an order worth more than any single one may be, or a buy of next to nothing, whose
    cost would be all rounding. Raises RejectedError.
    """
    worth = notional(order.limit_price or touch.ask, order.quantity)
    if order.side is Side.BUY and worth < limits.least_value:
        message = f"a buy is worth at least {limits.least_value} USD"
        fault = Fault("quantity", "min_value", message)
        raise RejectedError(message, code="order_too_small", faults=(fault,))
    price = max(order.limit_price or touch.ask, first_stop(order, touch) or touch.ask)
    if notional(price, order.quantity) > limits.most_value:
        message = f"an order is worth at most {limits.most_value:f} USD"
        fault = Fault("quantity", "max_value", message)
        raise RejectedError(message, code="order_too_large", faults=(fault,))


def first_stop(order: NewOrder, touch: Touch) -> Decimal | None:
    """Where the order's stop stands when it comes in."""
    if order.type is OrderType.TRAILING_STOP:
        trail = Trail(order.trail_price, order.trail_percent)
        return trail.stop(order.side, first_mark(order.side, touch))
    return order.stop_price


def cash_to_reserve(order: NewOrder, touch: Touch, limits: EntryLimits) -> Decimal:
    """Buying power a buy takes: its limit, or what it may come to pay, padded by the collar.

    That is the ask for a market order, and the stop for one that waits for it: a stop below the
    ask triggers at once.
    """
    worst = max(touch.ask, first_stop(order, touch) or touch.ask)
    price = order.limit_price or worst * (_ONE + limits.collar)
    return notional(price, order.quantity)
