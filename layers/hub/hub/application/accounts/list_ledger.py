"""Show the books of an account, transaction by transaction, both sides of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.cursors import moment_cursor, moment_place
from hub.application.ports.accounts import Accounts, LedgerFilter, LedgerTransaction


class LedgerPage(NamedTuple):
    transactions: Sequence[LedgerTransaction]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListLedger:
    accounts: Accounts

    def __call__(self, wanted: LedgerFilter, ledger: str | None, cursor: str | None) -> LedgerPage:
        """One page, newest first. Raises NotFoundError, also for another's account."""
        before = moment_place(cursor) if cursor else None
        own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.accounts.ledger(wanted._replace(before=before, limit=wanted.limit + 1), ledger)
        page, more = found[: wanted.limit], len(found) > wanted.limit
        cursor = moment_cursor(page[-1].at, page[-1].transaction_id) if more else None
        return LedgerPage(page, cursor)
