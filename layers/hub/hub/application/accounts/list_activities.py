"""Show what happened in an account: fills, cash, fees, dividends, settlements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.cursors import (
    cursor_after,
    moment_and_id,
    places_of,
    unreadable,
)
from hub.application.ports.accounts import Accounts, LedgerFilter
from hub.domain.accounts.activity import LINES, Activity


class ActivityPage(NamedTuple):
    activities: Sequence[Activity]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListActivities:
    accounts: Accounts

    def __call__(self, wanted: LedgerFilter, cursor: str | None) -> ActivityPage:
        """One page, newest first, stable while new activities come in.

        Raises NotFoundError, also for another's account.
        """
        place, line = _place(cursor) if cursor else (None, None)
        own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.accounts.activities(
            wanted._replace(before=place, limit=wanted.limit + 1), line
        )
        page, more = found[: wanted.limit], len(found) > wanted.limit
        return ActivityPage(page, _cursor(page[-1]) if more else None)


def _cursor(last: Activity) -> str:
    return cursor_after(last.at.isoformat(), last.transaction_id, str(last.line))


def _place(cursor: str) -> tuple[tuple[datetime, str], int]:
    moment, transaction_id, line = places_of(cursor, 3)
    lines = [str(each) for each in range(len(LINES))]
    if line not in lines:
        raise unreadable()
    return moment_and_id(moment, transaction_id), lines.index(line)
