"""What accounts are owed, and the transactions in which it settles."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from uuid import UUID

from hub.application.books import Books
from hub.domain.kernel import AccountId, CustomerId, InstrumentId, OrderId
from hub.domain.settlement.good_faith import Trade
from hub.domain.settlement.settling import Obligation


class AccountRange(NamedTuple):
    """Accounts from `first` on, up to and without `before`; None is the end of all."""

    first: AccountId
    before: AccountId | None

    @classmethod
    def of(cls, account_id: AccountId) -> "AccountRange":
        """This account alone."""
        after = UUID(account_id).int + 1
        return cls(account_id, AccountId(str(UUID(int=after))) if after < 1 << 128 else None)


class SettledRow(NamedTuple):
    execution_id: str
    settled_at: datetime
    settled_amount: Decimal


class ViolationRow(NamedTuple):
    sale_id: str
    purchase_id: str
    account_id: AccountId
    instrument_id: InstrumentId
    quantity: Decimal
    unsettled_used: Decimal
    sold_on: date
    clears_on: date
    found_at: datetime


@dataclass(slots=True)
class SettlementBooks:
    """Accounts under their locks: their books, all that they are owed, and what they traded since
    `since`, oldest first; what changes is gathered beside it."""

    books: Books
    owed: Mapping[AccountId, Sequence[Obligation]]
    trades: Mapping[AccountId, Sequence[Trade]]
    held: Mapping[AccountId, Mapping[InstrumentId, Decimal]]
    settled: list[SettledRow] = field(default_factory=list)
    violations: list[ViolationRow] = field(default_factory=list)


class SettlementsAtWork(Protocol):
    def open(
        self, account_ids: Sequence[AccountId], since: date
    ) -> AbstractContextManager[SettlementBooks]:
        """Committed when the block ends well."""


class SettlementFilter(NamedTuple):
    """What of a customer's settlements is wanted; None does not filter.

    `before` is the place where the last page ended.
    """

    customer_id: CustomerId
    account_id: AccountId | None
    settled: bool | None
    first: date | None
    last: date | None
    before: tuple[date, str] | None
    limit: int


class Settlement(NamedTuple):
    """`settled_amount` is less than `amount` where some of it was spent before it settled."""

    execution_id: str
    order_id: OrderId
    account_id: AccountId
    symbol: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    currency: str
    trade_date: date
    settlement_date: date
    settled_at: datetime | None
    settled_amount: Decimal | None


class ViolationFilter(NamedTuple):
    """`before` is the place where the last page ended: day, sale and purchase."""

    customer_id: CustomerId
    account_id: AccountId | None
    before: tuple[date, str, str] | None
    limit: int


class FoundViolation(NamedTuple):
    sale_id: str
    purchase_id: str
    account_id: AccountId
    symbol: str
    quantity: Decimal
    unsettled_used: Decimal
    sold_on: date
    clears_on: date
    found_at: datetime


class Settlements(Protocol):
    def is_due(self, as_of: date) -> bool:
        """Whether anything is."""

    def due_ranges(self, as_of: date, size: int) -> Sequence[AccountRange]:
        """Ranges that hold all accounts to which something is due, at most `size` of them each."""

    def due_accounts(self, where: AccountRange, as_of: date, limit: int) -> Sequence[AccountId]: ...

    def page(self, wanted: SettlementFilter) -> Sequence[Settlement]:
        """Those that settle last come first."""

    def violations(self, wanted: ViolationFilter) -> Sequence[FoundViolation]:
        """Newest first."""


class SettlementRun(NamedTuple):
    """What a run of SettleTrades is started with."""

    name: str
    as_of: date
    market_time: datetime
    trace_id: str


class SettlementRuns(Protocol):
    def start(self, run: SettlementRun) -> None:
        """A run of that name starts, unless there was one. Raises UnavailableError."""
