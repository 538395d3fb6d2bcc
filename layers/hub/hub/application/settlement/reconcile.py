"""Compare our books of the last days with the venue's files; every break is kept and told."""

from dataclasses import dataclass
from datetime import date

from hub.application.alarms import Alarms
from hub.application.ports.reconciliation import Reconciliation, Reconciliations
from hub.application.ports.system import Clock, Ids
from hub.application.settlement.market_day import MarketDays
from hub.application.settlement.venue_files import VenueFiles
from hub.domain.settlement.reconciling import reconcile


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Runs as often as it likes: a day is compared anew when a side has something new."""

    reconciliations: Reconciliations
    files: VenueFiles
    market_days: MarketDays
    alarms: Alarms
    clock: Clock
    ids: Ids

    def __call__(self, trace_id: str) -> int:
        """How many days were compared. Raises UnavailableError, with nothing kept of that day."""
        ended = self.market_days.ended()
        if not ended:
            return 0
        counts = self.reconciliations.counts(ended[0], ended[-1])
        done = set(self.reconciliations.done(self.files.venue, ended[0], ended[-1]))
        compared = 0
        for day in ended:
            files, executions = self.files.count(day), counts.get(day, 0)
            if files and (day, files, executions) not in done:
                self._compare(day, files, executions, trace_id)
                compared += 1
        return compared

    def _compare(self, day: date, files: int, executions: int, trace_id: str) -> None:
        breaks = reconcile(self.reconciliations.booked(day), self.files.read(day, files))
        found = Reconciliation(
            self.ids.new(),
            self.files.venue,
            day,
            files,
            executions,
            trace_id,
            self.clock.now(),
            breaks,
        )
        if breaks:
            self._alarm(found)
        # After the alarm: who dies in between compares, and tells, again.
        self.reconciliations.record(found)

    def _alarm(self, found: Reconciliation) -> None:
        kinds = sorted({each.kind.value for each in found.breaks})
        detail = {
            "reconciliation_id": found.reconciliation_id,
            "venue": found.venue,
            "day": found.day.isoformat(),
            "breaks": len(found.breaks),
            "kinds": kinds,
            "trace_id": found.trace_id,
        }
        self.alarms("ReconciliationBroken", detail)
