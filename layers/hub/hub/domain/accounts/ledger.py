"""The double-entry books of one account: every transaction sums to zero per currency.

`settled` and `unsettled` hold the customer's cash; `reserved` is what of it open orders have
claimed, with `holds` as its counterpart, so that a reservation moves no cash. `market`, `fees`,
`deposits` and `dividends` are the other side of what comes and goes. Each account has its own
counterparties: books never cross accounts.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.kernel import CURRENCY, AccountId


class Ledger(StrEnum):
    SETTLED = "settled"
    UNSETTLED = "unsettled"
    RESERVED = "reserved"
    HOLDS = "holds"
    MARKET = "market"
    FEES = "fees"
    DEPOSITS = "deposits"
    DIVIDENDS = "dividends"


class Entry(NamedTuple):
    ledger: Ledger
    amount: Decimal
    currency: str = CURRENCY


class Posting(NamedTuple):
    """One transaction of the books. `kind` and `reference` together happen once per account."""

    account_id: AccountId
    kind: str
    reference: str
    entries: tuple[Entry, ...]


def posting(
    account_id: AccountId, kind: str, reference: str, amounts: Mapping[Ledger, Decimal]
) -> Posting:
    """A balanced transaction. Entries of nothing are left out. Raises ValueError if unbalanced."""
    total = sum(amounts.values(), Decimal(0))
    if total:
        raise ValueError(f"the entries of {kind} {reference} sum to {total}, not to zero")
    entries = tuple(Entry(ledger, amount) for ledger, amount in amounts.items() if amount)
    return Posting(account_id, kind, reference, entries)
