"""What an order must satisfy before it is taken (requirement 39, order-semantics 2 to 4).

The rules between fields stand in tables, from which `docs/orders.md` is made.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import (
    Fault,
    InvalidInputError,
    RejectedError,
    notional,
    plain,
)
from hub.domain.orders.events import Touch
from hub.domain.orders.order import OrderClass, OrderType, Side, TimeInForce
from hub.domain.orders.replacing import increment_faults
from hub.domain.orders.stops import Trail, is_reached
from hub.domain.orders.venue import InMarketStop, VenueProfile

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


class TakeProfit(NamedTuple):
    """The exit at a gain: a limit."""

    limit_price: Decimal


class StopLoss(NamedTuple):
    """The exit at a loss: a stop, or with a limit a stop-limit."""

    stop_price: Decimal
    limit_price: Decimal | None = None


class NewOrder(NamedTuple):
    """What the customer asks for: a `quantity`, or a `notional` in USD."""

    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal | None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    notional: Decimal | None = None
    expire_date: date | None = None
    extended_hours: bool = False
    post_only: bool = False
    order_class: OrderClass = OrderClass.SIMPLE
    take_profit: TakeProfit | None = None
    stop_loss: StopLoss | None = None


_T, _F, _C = OrderType, TimeInForce, OrderClass
_WAITING = frozenset({_F.DAY, _F.GTC, _F.GTD})

# Which times in force a type of order takes.
TIMES: dict[OrderType, frozenset[TimeInForce]] = {
    _T.MARKET: frozenset(_F),
    _T.LIMIT: frozenset(_F),
    _T.STOP: _WAITING,
    _T.STOP_LIMIT: _WAITING,
    _T.TRAILING_STOP: _WAITING,
}


class Needs(NamedTuple):
    """What a feature asks of the order that wants it."""

    types: frozenset[OrderType]
    times: frozenset[TimeInForce]


FEATURES: dict[str, Needs] = {
    "fractional quantity": Needs(frozenset({_T.MARKET, _T.LIMIT}), frozenset({_F.DAY})),
    "notional": Needs(frozenset({_T.MARKET}), frozenset({_F.DAY})),
    "extended_hours": Needs(frozenset({_T.LIMIT}), frozenset({_F.DAY})),
    "post_only": Needs(frozenset({_T.LIMIT}), _WAITING),
    "bracket": Needs(frozenset({_T.MARKET, _T.LIMIT, _T.STOP, _T.STOP_LIMIT}), _WAITING),
    "oto": Needs(frozenset({_T.MARKET, _T.LIMIT, _T.STOP, _T.STOP_LIMIT}), _WAITING),
    "oco": Needs(frozenset({_T.LIMIT}), _WAITING),
}
_FIELD = {
    "fractional quantity": "quantity",
    "bracket": "order_class",
    "oto": "order_class",
    "oco": "order_class",
}
_WITH_LIMIT = frozenset({_T.LIMIT, _T.STOP_LIMIT})
_WITH_STOP = frozenset({_T.STOP, _T.STOP_LIMIT})


def check_form(order: NewOrder) -> None:
    """Rules between fields, which need no market. Raises InvalidInputError naming each."""
    faults = [
        *_amount_faults(order),
        *_price_faults(order),
        *_time_faults(order),
        *_feature_faults(order),
        *_exit_faults(order),
        *increment_faults(order),
    ]
    if faults:
        raise InvalidInputError("the order breaks a rule", faults=tuple(faults))


def features_of(order: NewOrder) -> list[str]:
    """Those of FEATURES that the order asks for."""
    has = {
        "fractional quantity": order.quantity is not None and order.quantity % 1 != 0,
        "notional": order.notional is not None,
        "extended_hours": order.extended_hours,
        "post_only": order.post_only,
        order.order_class.value: order.order_class is not _C.SIMPLE,
    }
    return [name for name, wanted in has.items() if wanted]


def _amount_faults(order: NewOrder) -> Iterator[Fault]:
    if (order.quantity is None) == (order.notional is None):
        message = "an order has a quantity or a notional, and not both"
        yield Fault("quantity", "one_of", message)


def _price_faults(order: NewOrder) -> Iterator[Fault]:
    # The limit of an oco's first order is its take_profit.
    limited = order.type in _WITH_LIMIT and order.order_class is not _C.OCO
    yield from _belongs(order, "limit_price", limited)
    yield from _belongs(order, "stop_price", order.type in _WITH_STOP)
    given = [name for name in ("trail_price", "trail_percent") if getattr(order, name) is not None]
    if order.type is not _T.TRAILING_STOP:
        for name in given:
            yield Fault(name, "not_allowed", f"a {order.type} order takes no {name}")
    elif len(given) != 1:
        message = "a trailing stop needs a trail_price or a trail_percent, and not both"
        yield Fault("trail_price", "one_of", message)


def _belongs(order: NewOrder, name: str, wanted: bool) -> Iterator[Fault]:
    given = getattr(order, name) is not None
    kind = f"{order.order_class} {order.type}" if order.order_class is _C.OCO else order.type
    if wanted and not given:
        yield Fault(name, "required", f"a {kind} order needs a {name}")
    if given and not wanted:
        yield Fault(name, "not_allowed", f"a {kind} order takes no {name}")


def _time_faults(order: NewOrder) -> Iterator[Fault]:
    if order.time_in_force not in TIMES[order.type]:
        message = f"a {order.type} order is {_listed(TIMES[order.type])}"
        yield Fault("time_in_force", "type", message)
    dated = order.time_in_force is _F.GTD
    if dated and order.expire_date is None:
        yield Fault("expire_date", "required", "gtd needs an expire_date")
    if order.expire_date is not None and not dated:
        yield Fault("expire_date", "not_allowed", "only gtd takes an expire_date")


def _feature_faults(order: NewOrder) -> Iterator[Fault]:
    wanted = features_of(order)
    for name in wanted:
        needs, field = FEATURES[name], _FIELD.get(name, name)
        if order.type not in needs.types:
            yield Fault(field, "type", f"{name} needs type {_listed(needs.types)}")
        if order.time_in_force not in needs.times:
            yield Fault(
                field, "time_in_force", f"{name} needs time_in_force {_listed(needs.times)}"
            )
    if order.order_class is _C.SIMPLE:
        return
    for name in wanted:
        if name not in {order.order_class.value, "post_only"}:
            field = _FIELD.get(name, name)
            yield Fault(field, "order_class", f"{name} needs a simple order")
    if order.order_class is _C.OCO and order.post_only:
        yield Fault("post_only", "order_class", "post_only is not for exits")


def _exit_faults(order: NewOrder) -> Iterator[Fault]:
    given = {"take_profit": order.take_profit, "stop_loss": order.stop_loss}
    present = [name for name, each in given.items() if each is not None]
    if order.order_class is _C.SIMPLE:
        for name in present:
            yield Fault(name, "order_class", f"{name} needs order_class bracket, oco or oto")
        return
    if order.order_class is _C.OTO:
        if len(present) != 1:
            yield Fault("take_profit", "one_of", "an oto has a take_profit or a stop_loss")
    else:
        for name in given.keys() - present:
            yield Fault(name, "required", f"a {order.order_class} needs a {name}")
    for name in present:
        for fault in increment_faults(given[name]):
            yield fault._replace(field=f"{name}.{fault.field}")
    yield from _side_faults(order)


def _side_faults(order: NewOrder) -> Iterator[Fault]:
    """A gain is taken on the one side of the entry, a loss stopped on the other."""
    profit = order.take_profit.limit_price if order.take_profit else None
    loss = order.stop_loss.stop_price if order.stop_loss else None
    entry = order.limit_price or order.stop_price
    exits_sell = (order.side is Side.BUY) != (order.order_class is _C.OCO)
    more = "above" if exits_sell else "below"
    less = "below" if exits_sell else "above"
    if profit is not None and loss is not None and not _beyond(profit, loss, exits_sell):
        message = f"the gain is taken {more} the stop of the loss"
        yield Fault("take_profit.limit_price", "exit_side", message)
    if profit is not None and entry is not None and not _beyond(profit, entry, exits_sell):
        message = f"the gain is taken {more} the price of the entry"
        yield Fault("take_profit.limit_price", "exit_side", message)
    if loss is not None and entry is not None and not _beyond(entry, loss, exits_sell):
        message = f"the loss is stopped {less} the price of the entry"
        yield Fault("stop_loss.stop_price", "exit_side", message)


def _beyond(price: Decimal, other: Decimal, exits_sell: bool) -> bool:
    return price > other if exits_sell else price < other


def _listed(values: frozenset[OrderType] | frozenset[TimeInForce]) -> str:
    kind = type(next(iter(values)))
    return ", ".join(each.value for each in kind if each in values)


def check_price(
    order: NewOrder,
    touch: Touch,
    limits: EntryLimits,
    profile: VenueProfile,
    trigger_price: Decimal | None = None,
) -> None:
    """Refuse a limit that is far through the market, and a stop that the market has passed where
    the venue does not take it. Raises RejectedError.

    `trigger_price` is what stops listen to, where that is not the quote. The limit of a stop-limit
    belongs to the market that its stop will meet.
    """
    market = touch.opposite(order.side)
    heard = market if trigger_price is None else trigger_price
    stop = first_stop(order, touch)
    if stop is not None and stop <= 0:
        message = f"a trail of {order.trail_price} leaves no price to stop at"
        fault = Fault("trail_price", "tolerance", message)
        raise RejectedError(message, code="price_out_of_tolerance", faults=(fault,))
    if (
        profile.in_market_stop is InMarketStop.REJECT
        and order.stop_price is not None
        and is_reached(order.side, order.stop_price, heard)
    ):
        message = f"the market at {plain(heard, 2)} has passed the stop already"
        fault = Fault("stop_price", "stop_side", message)
        raise RejectedError(message, code="stop_in_market", faults=(fault,))
    if order.limit_price is None or order.stop_price is not None:
        return
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
    field = "quantity" if order.notional is None else "notional"
    worth = order.notional or notional(order.limit_price or touch.ask, order.quantity or _ONE)
    if order.side is Side.BUY and worth < limits.least_value:
        message = f"a buy is worth at least {limits.least_value} USD"
        fault = Fault(field, "min_value", message)
        raise RejectedError(message, code="order_too_small", faults=(fault,))
    price = max(order.limit_price or touch.ask, first_stop(order, touch) or touch.ask)
    most = order.notional or notional(price, order.quantity or _ONE)
    if most > limits.most_value:
        message = f"an order is worth at most {limits.most_value:f} USD"
        fault = Fault(field, "max_value", message)
        raise RejectedError(message, code="order_too_large", faults=(fault,))


def first_stop(order: NewOrder, touch: Touch) -> Decimal | None:
    """Where the order's stop stands when it comes in."""
    if order.type is OrderType.TRAILING_STOP:
        trail = Trail(order.trail_price, order.trail_percent)
        return trail.stop(order.side, touch.opposite(order.side))
    return order.stop_price


def reserve_price(
    limit_price: Decimal | None, stop_price: Decimal | None, ask: Decimal, limits: EntryLimits
) -> Decimal:
    """For what price a buy's money is reserved: its limit, or what it may come to pay, padded by
    the collar. That is the ask for a market order, and the stop for one that waits for it: a stop
    below the ask triggers at once.
    """
    if limit_price is not None:
        return limit_price
    return max(ask, stop_price or ask) * (_ONE + limits.collar)
