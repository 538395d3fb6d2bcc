"""Find the accounts to which something is due, as ranges that fit a machine's payload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.application.ports.settlement import AccountRange, Settlements

# A million accounts are a thousand ranges, of some hundred bytes each.
SIZE = 1000


@dataclass(frozen=True, slots=True)
class FindDueAccounts:
    settlements: Settlements

    def __call__(self, as_of: date) -> Sequence[AccountRange]:
        return self.settlements.due_ranges(as_of, SIZE)
