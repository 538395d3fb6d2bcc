"""Show the value of all that a customer has, by category and asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.accounts.list_positions import valued
from hub.application.ports.accounts import Accounts
from hub.application.ports.market import MarketData
from hub.application.ports.system import Clock
from hub.domain.accounts.portfolio import Category, by_category
from hub.domain.kernel import AccountId, CustomerId

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
    def total_value(self) -> Decimal:
        return self.cash + self.positions_value


@dataclass(frozen=True, slots=True)
class GetPortfolioSummary:
    accounts: Accounts
    market_data: MarketData
    clock: Clock

    def __call__(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> PortfolioSummary:
        """Over all the customer's accounts, or one. Raises NotFoundError."""
        mine = own_accounts(self.accounts, customer_id, account_id)
        held = self.accounts.positions(customer_id, account_id)
        holdings, as_of = valued(held, self.market_data, self.clock.now())
        cash = sum((account.balance.total for account in mine), _ZERO)
        return PortfolioSummary(cash, by_category(holdings), as_of)
