"""Show a customer which sales came before the money that had bought the shares was settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from hub.application.accounts.list_accounts import own_accounts
from hub.application.cursors import cursor_after, place_of, unreadable
from hub.application.ports.accounts import Accounts
from hub.application.ports.settlement import FoundViolation, Settlements, ViolationFilter


class ViolationPage(NamedTuple):
    violations: Sequence[FoundViolation]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListGoodFaithViolations:
    settlements: Settlements
    accounts: Accounts

    def __call__(self, wanted: ViolationFilter) -> ViolationPage:
        """Newest first. Raises NotFoundError for an account that is not theirs."""
        if wanted.account_id is not None:
            own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.settlements.violations(wanted._replace(limit=wanted.limit + 1))
        page = found[: wanted.limit]
        if len(found) <= wanted.limit:
            return ViolationPage(page, None)
        last = page[-1]
        place = f"{last.sold_on} {last.sale_id} {last.purchase_id}"
        return ViolationPage(page, cursor_after(place))


def violation_place(cursor: str) -> tuple[date, str, str]:
    """Where a cursor stands. Raises InvalidInputError."""
    day, _, ids = place_of(cursor).partition(" ")
    sale_id, _, purchase_id = ids.partition(" ")
    try:
        return date.fromisoformat(day), str(UUID(sale_id)), str(UUID(purchase_id))
    except ValueError as error:
        raise unreadable() from error
