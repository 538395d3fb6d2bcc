"""Daily marks of accounts: what each was worth at the close of each session."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.domain.accounts.history import Mark
from hub.domain.kernel import AccountId, CustomerId


class HeldShares(NamedTuple):
    symbol: str
    quantity: Decimal
    cost: Decimal


class UnmarkedAccount(NamedTuple):
    """As it is at one moment. `deposited` is less what was withdrawn."""

    account_id: AccountId
    cash: Decimal
    deposited: Decimal
    held: Sequence[HeldShares]


class NewMark(NamedTuple):
    account_id: AccountId
    day: date
    equity: Decimal
    deposited: Decimal
    market_time: datetime
    marked_at: datetime


class Marks(Protocol):
    def unmarked(self, day: date, after: AccountId | None, limit: int) -> Sequence[UnmarkedAccount]:
        """Accounts without a mark of the day, by id; of closed ones those that were not marked
        since."""

    def add(self, marks: Sequence[NewMark]) -> None:
        """A mark that is there stays as it is."""

    def of(
        self, customer_id: CustomerId, account_id: AccountId | None, since: date
    ) -> Mapping[AccountId, Sequence[Mark]]:
        """In the order of days, from the last one before `since` on."""
