"""What a day's reconciliation reads and leaves behind."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from hub.domain.settlement.reconciling import Break, DayRecord


class Reconciliation(NamedTuple):
    """One comparison of a day with so many of the venue's files; `executions` are ours."""

    reconciliation_id: str
    venue: str
    day: date
    files: int
    executions: int
    trace_id: str
    at: datetime
    breaks: Sequence[Break]


class Reconciliations(Protocol):
    def booked(self, day: date) -> DayRecord:
        """The day by our books: executions, what the ledger says they moved, and the positions
        less what was traded after the day."""

    def executed(self, day: date) -> DayRecord:
        """The day by its executions alone, from which the paper venue writes its record."""

    def counts(self, first: date, last: date) -> Mapping[date, int]:
        """How many executions days have that have any."""

    def done(self, venue: str, first: date, last: date) -> Sequence[tuple[date, int, int]]:
        """Day, files and executions of each comparison."""

    def record(self, reconciliation: Reconciliation) -> None:
        """Once for the same files and number of executions."""

    def latest(self, day: date) -> Sequence[Reconciliation]:
        """The last comparison of the day with each venue."""
