"""Show what happened in an account after a place in its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.streaming import AccountEvent, AccountLog
from hub.domain.kernel import AccountId, CustomerId, NotFoundError


class EventPage(NamedTuple):
    """`head` is the log's last sequence number when it was looked at."""

    events: Sequence[AccountEvent]
    head: int


@dataclass(frozen=True, slots=True)
class ListAccountEvents:
    log: AccountLog

    def __call__(
        self, customer_id: CustomerId, account_id: AccountId, after: int, limit: int
    ) -> EventPage:
        """Raises NotFoundError, also for another's account."""
        head = self.log.head(customer_id, account_id)
        if head is None:
            raise NotFoundError("there is no such account")
        return EventPage(self.log.after(account_id, after, limit), head)
