"""Show how the value of all that a customer has went from day to day, and how well it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.ports.accounts import Accounts
from hub.application.ports.market import MarketData
from hub.application.ports.marks import Marks
from hub.application.ports.system import Clock
from hub.domain.accounts.history import (
    Mark,
    Performance,
    Timeframe,
    last_of_each,
    performance,
    together,
)
from hub.domain.kernel import AccountId, CustomerId

_ZERO = Decimal(0)


class Period(StrEnum):
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    HALF = "6M"
    YEAR = "1Y"
    ALL = "all"


_DAYS = {
    Period.WEEK: 7,
    Period.MONTH: 30,
    Period.QUARTER: 91,
    Period.HALF: 182,
    Period.YEAR: 365,
}


class HistoryWanted(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId | None
    period: Period
    timeframe: Timeframe


class PortfolioHistory(NamedTuple):
    """`marks` are of the period; the figures begin with the last one before it."""

    since: date
    marks: Sequence[Mark]
    performance: Performance


@dataclass(frozen=True, slots=True)
class GetPortfolioHistory:
    accounts: Accounts
    marks: Marks
    market_data: MarketData
    clock: Clock

    def __call__(self, wanted: HistoryWanted) -> PortfolioHistory:
        """By market time. Raises NotFoundError, also for another customer's account."""
        if wanted.account_id is not None:
            own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        since = self._since(wanted.period)
        found = together(self.marks.of(wanted.customer_id, wanted.account_id, since).values())
        shown = [mark for mark in found if mark.day >= since]
        begin = [mark for mark in found if mark.day < since][-1:] or [Mark(date.min, _ZERO, _ZERO)]
        return PortfolioHistory(
            since, last_of_each(shown, wanted.timeframe), performance([*begin, *shown])
        )

    def _since(self, period: Period) -> date:
        if period is Period.ALL:
            return date.min + timedelta(days=1)
        today = self.market_data.view([]).clock.held_at(self.clock.now()).date()
        return today - timedelta(days=_DAYS[period])
