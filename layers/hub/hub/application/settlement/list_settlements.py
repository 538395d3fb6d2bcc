"""Show a customer what they are owed, and what has settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from hub.application.accounts.list_accounts import own_accounts
from hub.application.cursors import cursor_after, place_of, unreadable
from hub.application.ports.accounts import Accounts
from hub.application.ports.settlement import Settlement, SettlementFilter, Settlements


class SettlementPage(NamedTuple):
    settlements: Sequence[Settlement]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListSettlements:
    settlements: Settlements
    accounts: Accounts

    def __call__(self, wanted: SettlementFilter) -> SettlementPage:
        """Those that settle last first. Raises NotFoundError for an account that is not theirs."""
        if wanted.account_id is not None:
            own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.settlements.page(wanted._replace(limit=wanted.limit + 1))
        page = found[: wanted.limit]
        if len(found) <= wanted.limit:
            return SettlementPage(page, None)
        last = page[-1]
        return SettlementPage(page, cursor_after(f"{last.settlement_date} {last.execution_id}"))


def settlement_place(cursor: str) -> tuple[date, str]:
    """Where a cursor stands. Raises InvalidInputError."""
    day, _, execution_id = place_of(cursor).partition(" ")
    try:
        return date.fromisoformat(day), str(UUID(execution_id))
    except ValueError as error:
        raise unreadable() from error
