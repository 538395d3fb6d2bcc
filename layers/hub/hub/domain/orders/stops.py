"""Stops and trailing stops against quotes (order-semantics 2; profile `quote`, Q4 and Q5)."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import exact_product, money
from hub.domain.orders.matching import Touch, opposite_price
from hub.domain.orders.order import Side

_HUNDRED = Decimal(100)


class Trail(NamedTuple):
    """How far a trailing stop keeps behind: by an amount, or by a share of the best price."""

    amount: Decimal | None
    percent: Decimal | None

    def stop(self, side: Side, mark: Decimal) -> Decimal:
        """The stop that belongs to the best price seen."""
        distance = self.amount
        if distance is None:
            distance = money(exact_product(mark, (self.percent or Decimal(0)) / _HUNDRED))
        return mark + distance if side is Side.BUY else mark - distance


def is_reached(side: Side, stop: Decimal, touch: Touch) -> bool:
    """A buy stop triggers when the ask comes up to it, a sell stop when the bid comes down."""
    return touch.ask >= stop if side is Side.BUY else touch.bid <= stop


def better_mark(side: Side, mark: Decimal, touch: Touch) -> Decimal:
    """The best price seen so far: the lowest ask for a buy, the highest bid for a sale."""
    return min(mark, touch.ask) if side is Side.BUY else max(mark, touch.bid)


def first_mark(side: Side, touch: Touch) -> Decimal:
    return opposite_price(side, touch)
