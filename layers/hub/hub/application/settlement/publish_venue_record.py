"""The paper venue's part: after a day it writes what it executed, for others to compare with."""

from dataclasses import dataclass
from datetime import date

from hub.application.ports.reconciliation import Reconciliations
from hub.application.settlement.market_day import MarketDays
from hub.application.settlement.venue_files import VenueFiles


@dataclass(frozen=True, slots=True)
class PublishVenueRecord:
    """Runs as often as it likes: what was written stays, and only what is new is added."""

    reconciliations: Reconciliations
    files: VenueFiles
    market_days: MarketDays

    def __call__(self, _trace_id: str) -> int:
        """How many days were written to; none while nobody keeps the market's clock."""
        ended = self.market_days.ended()
        if not ended:
            return 0
        counts = self.reconciliations.counts(ended[0], ended[-1])
        return sum(self._write(day) for day in ended if counts.get(day))

    def _write(self, day: date) -> bool:
        count = self.files.count(day)
        written = self.files.read(day, count).executions if count else {}
        record = self.reconciliations.executed(day)
        new = {name: each for name, each in record.executions.items() if name not in written}
        return bool(new) and self.files.write(day, count, record._replace(executions=new))
