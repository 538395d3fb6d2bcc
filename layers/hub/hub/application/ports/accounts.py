"""Accounts as their owner sees them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.application.books import Cause
from hub.domain.accounts.activity import Activity
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.fees import FeeRule
from hub.domain.accounts.ledger import Entry
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId, InstrumentId


class AccountSummary(NamedTuple):
    account_id: AccountId
    name: str
    kind: str
    currency: str
    created_at: datetime
    balance: Balance
    closed_at: datetime | None = None
    reset_at: datetime | None = None


class NewAccount(NamedTuple):
    account_id: AccountId
    customer_id: CustomerId
    name: str
    cause: Cause
    audit_payload: str


class OpenedAccount(NamedTuple):
    """`repeated`: it was there already. Neither: the customer has as many as they may have."""

    opened: bool
    repeated: bool


class LedgerFilter(NamedTuple):
    """What is wanted of an account's ledger. `before` is where the last page ended."""

    customer_id: CustomerId
    account_id: AccountId
    kinds: tuple[str, ...]
    after: datetime | None
    until: datetime | None
    before: tuple[datetime, str] | None
    limit: int


class LedgerTransaction(NamedTuple):
    transaction_id: str
    kind: str
    reference: str
    at: datetime
    entries: tuple[Entry, ...]


class HeldPosition(NamedTuple):
    """A position with the names under which its instrument is shown."""

    account_id: AccountId
    instrument_id: InstrumentId
    symbol: str
    name: str
    category: str
    position: Position


class Accounts(Protocol):
    def of(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[AccountSummary]:
        """The customer's accounts, or the one that is asked for, oldest first; closed ones too."""

    def page(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[AccountSummary]:
        """The same, `limit` of them after a place among them."""

    def open_ones(self, customer_id: CustomerId) -> Sequence[AccountSummary]:
        """Those that are not closed, oldest first."""

    def open(self, new: NewAccount, most: int) -> OpenedAccount:
        """An empty account, unless the customer has `most` open ones already."""

    def rename(self, account_id: AccountId, name: str) -> None:
        """Within the account's books."""

    def close(self, account_id: AccountId, at: datetime) -> None:
        """Within the account's books. Its API keys end with it."""

    def reset(self, account_id: AccountId, reset_id: str, at: datetime) -> bool:
        """Within the account's books. False where this was the latest reset already."""

    def activities(
        self, wanted: LedgerFilter, before_line: int | None = None
    ) -> Sequence[Activity]:
        """Newest first. `kinds` are of ActivityKind; `before_line` completes `before`."""

    def ledger(self, wanted: LedgerFilter, ledger: str | None) -> Sequence[LedgerTransaction]:
        """Newest first; only transactions that touch `ledger` if it is named."""

    def positions(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[HeldPosition]:
        """Positions that are not empty, by symbol."""

    def moved(self, account_id: AccountId, kind: str, reference: str) -> Decimal | None:
        """The amount of an earlier deposit or withdrawal under this reference."""


class Fees(Protocol):
    def schedule(self, market: str) -> Sequence[FeeRule]:
        """Every rule of a market, those of the past and of the future included."""
