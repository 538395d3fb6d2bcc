"""Accounts as their owner sees them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.domain.accounts.balance import Balance
from hub.domain.accounts.fees import FeeRule
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId, InstrumentId


class AccountSummary(NamedTuple):
    account_id: AccountId
    name: str
    kind: str
    currency: str
    created_at: datetime
    balance: Balance


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
        """The customer's accounts, or the one that is asked for, oldest first."""

    def positions(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[HeldPosition]:
        """Positions that are not empty, by symbol."""

    def deposit_of(self, account_id: AccountId, reference: str) -> Decimal | None:
        """The amount of an earlier deposit under this reference."""


class Fees(Protocol):
    def schedule(self, market: str) -> Sequence[FeeRule]:
        """Every rule of a market, those of the past and of the future included."""
