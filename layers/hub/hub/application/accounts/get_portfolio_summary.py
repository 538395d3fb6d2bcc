"""Show the value of all that a customer has, by category and asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.accounts.valuing import Valuing
from hub.application.ports.portfolios import Portfolios
from hub.domain.accounts.portfolio import Category, by_asset, by_category
from hub.domain.kernel import AccountId, CustomerId, NotFoundError

_ZERO = Decimal(0)


class PortfolioSummary(NamedTuple):
    """The sums over `categories` and cash, as of market time `as_of`."""

    cash: Decimal
    categories: Sequence[Category]
    as_of: datetime

    @property
    def invested(self) -> Decimal:
        return sum((each.total_invested for each in self.categories), _ZERO)

    @property
    def positions_value(self) -> Decimal:
        return sum((each.current_total for each in self.categories), _ZERO)

    @property
    def day_change(self) -> Decimal:
        return sum((each.day_change for each in self.categories), _ZERO)

    @property
    def total_value(self) -> Decimal:
        return self.cash + self.positions_value


@dataclass(frozen=True, slots=True)
class GetPortfolioSummary:
    """One round trip to the database, and one to the quotes."""

    portfolios: Portfolios
    valuing: Valuing

    def __call__(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> PortfolioSummary:
        """Over all the customer's accounts, or one. Raises NotFoundError."""
        owned = self.portfolios.owned(customer_id, account_id)
        if not owned.balances:
            raise NotFoundError("there is no such account")
        holdings, as_of = self.valuing(owned.held)
        cash = sum((balance.total for _, balance in owned.balances), _ZERO)
        return PortfolioSummary(cash, by_category(by_asset(holdings)), as_of)
