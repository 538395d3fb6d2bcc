"""Times in which orders cannot be executed, of one account or of all."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

from hub.application.books import Books
from hub.application.ports.orders import AccountsAtWork, QuotesAtWork
from hub.domain.kernel import AccountId, OrderId
from tests.simulation.clock import SimulatedClock


class Outages:
    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        self._until: dict[AccountId | None, datetime] = {}

    def last(self, seconds: float, account_id: AccountId | None) -> None:
        """From now on, for so long; None: for all accounts."""
        self._until[account_id] = self._clock.later(seconds)

    def meet(self, account_ids: Sequence[AccountId]) -> bool:
        now = self._clock.now()
        return any(self._until.get(each, now) > now for each in (None, *account_ids))

    def around(self, accounts: AccountsAtWork) -> AccountsAtWork:
        return _Interrupted(accounts, self)


class _Interrupted(NamedTuple):
    accounts: AccountsAtWork
    outages: Outages

    def open(
        self,
        account_ids: Sequence[AccountId],
        order_ids: Sequence[OrderId],
        quotes: QuotesAtWork | None = None,
    ) -> AbstractContextManager[Books]:
        if self.outages.meet(account_ids):
            raise ValueError("the books cannot be worked on")
        return self.accounts.open(account_ids, order_ids, quotes)
