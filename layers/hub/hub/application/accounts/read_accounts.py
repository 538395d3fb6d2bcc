"""What a customer has: accounts, balance, positions, portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.application.ports import Accounts, AccountSummary, Clock, HeldPosition, MarketData
from hub.domain.accounts.portfolio import Category, Holding, by_category
from hub.domain.kernel import AccountId, CustomerId, NotFoundError
from hub.domain.orders.matching import QUOTE_AGE_LIMIT

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ListAccounts:
    accounts: Accounts

    def __call__(self, customer_id: CustomerId) -> Sequence[AccountSummary]:
        return self.accounts.of(customer_id)


@dataclass(frozen=True, slots=True)
class GetBalance:
    accounts: Accounts

    def __call__(self, customer_id: CustomerId, account_id: AccountId) -> AccountSummary:
        """Raises NotFoundError, also for another customer's account."""
        return _own(self.accounts, customer_id, account_id)[0]


def _own(
    accounts: Accounts, customer_id: CustomerId, account_id: AccountId | None
) -> Sequence[AccountSummary]:
    found = accounts.of(customer_id, account_id)
    if not found:
        raise NotFoundError("there is no such account")
    return found


@dataclass(frozen=True, slots=True)
class ListPositions:
    accounts: Accounts
    market_data: MarketData
    clock: Clock

    def __call__(
        self, customer_id: CustomerId, account_id: AccountId | None
    ) -> Sequence[tuple[AccountId, Holding]]:
        """Raises NotFoundError, also for another customer's account."""
        if account_id is not None:
            _own(self.accounts, customer_id, account_id)
        held = self.accounts.positions(customer_id, account_id)
        holdings, _ = _valued(held, self.market_data, self.clock.now())
        return [(each.account_id, holding) for each, holding in zip(held, holdings, strict=True)]


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
        mine = _own(self.accounts, customer_id, account_id)
        held = self.accounts.positions(customer_id, account_id)
        holdings, as_of = _valued(held, self.market_data, self.clock.now())
        cash = sum((account.balance.total for account in mine), _ZERO)
        return PortfolioSummary(cash, by_category(holdings), as_of)


def _valued(
    held: Sequence[HeldPosition], market_data: MarketData, now: datetime
) -> tuple[list[Holding], datetime]:
    """Each position at the last price; at its average cost where no price is known at all."""
    view = market_data.view(sorted({each.symbol for each in held}))
    market_time = view.clock.at(now)
    limit = view.clock.quote_age_limit(QUOTE_AGE_LIMIT)
    holdings = []
    for each in held:
        quote, position = view.quotes.get(each.symbol), each.position
        holdings.append(
            Holding(
                each.symbol,
                each.name,
                each.category,
                position.quantity,
                position.average_price,
                position.cost,
                quote.last if quote else position.average_price,
                quote is None or quote.is_stale(market_time, limit),
            )
        )
    return holdings, market_time
