"""The value of what an account holds, by category and asset (requirement 14)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from hub.domain.kernel import notional, unit_price

_ZERO = Decimal(0)
_CENT_OF_A_PERCENT = Decimal("0.01")


class Holding(NamedTuple):
    """One position, valued at `market_price`, which was the market's at `priced_at`.

    `previous_close` is that of the session before the price's; None where it is not known.
    """

    symbol: str
    name: str
    category: str
    quantity: Decimal
    average_price: Decimal
    cost: Decimal
    market_price: Decimal
    stale: bool
    realised: Decimal = _ZERO
    priced_at: datetime | None = None
    previous_close: Decimal | None = None

    @property
    def market_value(self) -> Decimal:
        return notional(self.market_price, self.quantity)

    @property
    def unrealised(self) -> Decimal:
        return self.market_value - self.cost

    @property
    def day_change(self) -> Decimal | None:
        """What the shares have gained since the close of the session before."""
        if self.previous_close is None:
            return None
        return self.market_value - notional(self.previous_close, self.quantity)

    @property
    def day_change_percentage(self) -> Decimal | None:
        return percentage(self.market_price, self.previous_close)


def percentage(now: Decimal, before: Decimal | None) -> Decimal | None:
    """By how much `now` is above `before`, to a hundredth of a percent."""
    if not before:
        return None
    return (100 * (now - before) / before).quantize(_CENT_OF_A_PERCENT)


def by_asset(holdings: Iterable[Holding]) -> list[Holding]:
    """What several accounts hold of the same instrument, put together."""
    assets: dict[str, Holding] = {}
    for holding in holdings:
        known = assets.get(holding.symbol)
        assets[holding.symbol] = holding if known is None else _together(known, holding)
    return [assets[symbol] for symbol in sorted(assets)]


def _together(one: Holding, other: Holding) -> Holding:
    quantity, cost = one.quantity + other.quantity, one.cost + other.cost
    return one._replace(
        quantity=quantity,
        cost=cost,
        average_price=unit_price(cost, quantity) if quantity else _ZERO,
        realised=one.realised + other.realised,
    )


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
        return percentage(self.current_total, self.total_invested) or _ZERO

    @property
    def day_change(self) -> Decimal:
        """Of those assets whose previous close is known."""
        return sum((asset.day_change or _ZERO for asset in self.assets), _ZERO)


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
