"""What an order must satisfy before it is taken (requirement 39, order-semantics 2 and 4)."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import Fault, InvalidInputError, RejectedError, notional, price_increment
from hub.domain.orders.matching import Touch, opposite_price
from hub.domain.orders.order import OrderType, Side, TimeInForce

_ONE = Decimal(1)


class EntryLimits(NamedTuple):
    """The venue's settings for orders on their way in.

    `collar` pads the price for which a market order's money is reserved. `tolerance` is how far
    through the market a limit may be before it is taken for a slip of the finger: a buy above,
    a sale below. A limit on the passive side harms nobody and may be anywhere.
    """

    collar: Decimal = Decimal("0.04")
    tolerance: Decimal = Decimal("0.50")


class NewOrder(NamedTuple):
    """What the customer asks for."""

    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None


def check_form(order: NewOrder) -> None:
    """Rules between fields, which need no market. Raises InvalidInputError."""
    faults = []
    if order.type is OrderType.LIMIT and order.limit_price is None:
        faults.append(Fault("limit_price", "required", "a limit order needs a limit_price"))
    if order.type is OrderType.MARKET and order.limit_price is not None:
        faults.append(Fault("limit_price", "not_allowed", "a market order takes no limit_price"))
    fractional = order.quantity % 1 != 0
    if fractional and order.time_in_force is not TimeInForce.DAY:
        faults.append(
            Fault("quantity", "whole_shares", "a fractional quantity needs time_in_force day")
        )
    if order.limit_price is not None and order.limit_price % price_increment(order.limit_price):
        faults.append(
            Fault(
                "limit_price",
                "price_increment",
                "prices from 1.00 have at most two decimals, below four",
            )
        )
    if faults:
        raise InvalidInputError("the order breaks a rule", faults=tuple(faults))


def check_price(order: NewOrder, touch: Touch, limits: EntryLimits) -> None:
    """Refuse a limit that is far through the market. Raises RejectedError."""
    if order.limit_price is None:
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
            extra={"market_price": str(market), "bound": str(bound.normalize())},
        )


def cash_to_reserve(order: NewOrder, touch: Touch, limits: EntryLimits) -> Decimal:
    """Buying power a buy takes: its limit, or for a market order the ask padded by the collar."""
    price = order.limit_price or touch.ask * (_ONE + limits.collar)
    return notional(price, order.quantity)
