"""What proves the books of an account, and what shows later that they were not rewritten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from hub.domain.kernel import AccountId


class Head(NamedTuple):
    """The end of an account's audit chain: so many links, the last of which has this hash."""

    account_id: AccountId
    sequence: int
    hash: str


class Checked(NamedTuple):
    """An invariant, and how often it is broken."""

    name: str
    sentence: str
    violations: int


class Proof(NamedTuple):
    """`totals` are the sums of the ledger's entries by ledger account and currency."""

    head: Head
    events: int
    totals: Mapping[tuple[str, str], Decimal]
    invariants: Sequence[Checked]


class Proofs(Protocol):
    def of(self, account_id: AccountId) -> Proof:
        """All of one moment."""


class AuditHeads(Protocol):
    def moved(self, since: datetime) -> Sequence[Head]:
        """Of the accounts whose chain has a link of then or later."""
