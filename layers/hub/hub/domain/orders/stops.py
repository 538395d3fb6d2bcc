"""Limits, stops and trailing stops against prices (order-semantics 2; rules Q3 to Q5)."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import exact_product, money
from hub.domain.orders.order import Order, Side

_HUNDRED = Decimal(100)
_ZERO = Decimal(0)
# Of the module: an enum looks its members up each time that it is asked.
_BUY = Side.BUY


class Trail(NamedTuple):
    """How far a trailing stop keeps behind: by an amount, or by a share of the best price."""

    amount: Decimal | None
    percent: Decimal | None

    def stop(self, side: Side, mark: Decimal) -> Decimal:
        """The stop that belongs to the best price seen."""
        distance = self.amount
        if distance is None:
            distance = money(exact_product(mark, (self.percent or _ZERO) / _HUNDRED))
        return mark + distance if side is _BUY else mark - distance


def trail_of(order: Order) -> Trail | None:
    """How the order's stop trails, if it does."""
    if order.trail_price is None and order.trail_percent is None:
        return None
    return Trail(order.trail_price, order.trail_percent)


def is_reached(side: Side, stop: Decimal, price: Decimal) -> bool:
    """A buy stop triggers when the price comes up to it, a sell stop when it comes down."""
    return price >= stop if side is _BUY else price <= stop


def is_marketable(side: Side, limit: Decimal, price: Decimal) -> bool:
    """Whether `price`, which somebody offers, is within the limit."""
    return price <= limit if side is _BUY else price >= limit


def better_mark(side: Side, mark: Decimal, price: Decimal) -> Decimal:
    """The best price seen so far: the lowest for a buy, the highest for a sale."""
    return min(mark, price) if side is _BUY else max(mark, price)
