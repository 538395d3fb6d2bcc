"""The value of what an account holds, by category and asset (requirement 14)."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from hub.domain.kernel import notional

_ZERO = Decimal(0)
_CENT_OF_A_PERCENT = Decimal("0.01")


class Holding(NamedTuple):
    """One position, valued at `market_price`."""

    symbol: str
    name: str
    category: str
    quantity: Decimal
    average_price: Decimal
    cost: Decimal
    market_price: Decimal
    stale: bool

    @property
    def market_value(self) -> Decimal:
        return notional(self.market_price, self.quantity)

    @property
    def unrealised(self) -> Decimal:
        return self.market_value - self.cost


class Category(NamedTuple):
    category: str
    total_invested: Decimal
    current_total: Decimal
    assets: tuple[Holding, ...]

    @property
    def pnl(self) -> Decimal:
        return self.current_total - self.total_invested

    @property
    def pnl_percentage(self) -> Decimal:
        if not self.total_invested:
            return _ZERO
        return (100 * self.pnl / self.total_invested).quantize(_CENT_OF_A_PERCENT)


def by_category(holdings: Iterable[Holding]) -> list[Category]:
    """Categories in alphabetical order, each with its assets by symbol."""
    ordered = sorted(holdings, key=lambda holding: (holding.category, holding.symbol))
    categories = []
    for name, members in groupby(ordered, key=lambda holding: holding.category):
        assets = tuple(members)
        invested = sum((asset.cost for asset in assets), _ZERO)
        current = sum((asset.market_value for asset in assets), _ZERO)
        categories.append(Category(name, invested, current, assets))
    return categories
