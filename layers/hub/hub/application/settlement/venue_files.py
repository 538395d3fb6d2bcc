"""The venue's record of a day, as files: `recon/<venue>/<date>/<kind>-<number>.csv`.

Files are added and never changed. Those of executions add up; of positions and cash the last one
holds.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from hub.application.ports.objects import Objects
from hub.domain.kernel import AccountId, InstrumentId, plain
from hub.domain.settlement.reconciling import DayRecord, Executed

PAPER = "paper"
EXECUTIONS, CASH, POSITIONS = "executions", "cash", "positions"


@dataclass(frozen=True, slots=True)
class VenueFiles:
    """Of one venue. Raises ValueError for files that are not of this form."""

    objects: Objects
    venue: str = PAPER

    def count(self, day: date) -> int:
        """How many times the venue has written; the executions come last, and complete it."""
        return len(self.objects.keys(self._folder(day) + EXECUTIONS))

    def read(self, day: date, count: int) -> DayRecord:
        """Of the first so many writings."""
        rows = [row for number in range(count) for row in self._rows(day, EXECUTIONS, number)]
        return DayRecord(
            {row["execution_id"]: _executed(row) for row in rows},
            {
                AccountId(row["account_id"]): Decimal(row["cash"])
                for row in self._rows(day, CASH, count - 1)
            },
            {
                (AccountId(row["account_id"]), InstrumentId(row["instrument_id"])): Decimal(
                    row["quantity"]
                )
                for row in self._rows(day, POSITIONS, count - 1)
            },
        )

    def write(self, day: date, number: int, record: DayRecord) -> bool:
        """False where somebody else has written this number."""
        cash = [(account_id, plain(each, 2)) for account_id, each in sorted(record.cash.items())]
        held = [(*place, plain(each)) for place, each in sorted(record.positions.items())]
        executed = [_row(each) for _, each in sorted(record.executions.items())]
        self._put(day, CASH, number, ("account_id", "cash"), cash)
        self._put(day, POSITIONS, number, ("account_id", "instrument_id", "quantity"), held)
        return self._put(day, EXECUTIONS, number, Executed._fields, executed)

    def _rows(self, day: date, kind: str, number: int) -> list[dict[str, str]]:
        content = self.objects.get(self._key(day, kind, number)) or b""
        return list(csv.DictReader(io.StringIO(content.decode())))

    def _put(
        self,
        day: date,
        kind: str,
        number: int,
        names: Sequence[str],
        rows: Iterable[Sequence[str]],
    ) -> bool:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return self.objects.put_new(self._key(day, kind, number), text.getvalue().encode())

    def _folder(self, day: date) -> str:
        return f"recon/{self.venue}/{day}/"

    def _key(self, day: date, kind: str, number: int) -> str:
        return f"{self._folder(day)}{kind}-{number + 1:03}.csv"


def _row(executed: Executed) -> tuple[str, ...]:
    return (
        executed.execution_id,
        executed.account_id,
        executed.instrument_id,
        plain(executed.quantity),
        plain(executed.price, 2),
        plain(executed.cash, 2),
        executed.settlement_date.isoformat(),
        executed.market_time.isoformat(),
    )


def _executed(row: dict[str, str]) -> Executed:
    return Executed(
        row["execution_id"],
        AccountId(row["account_id"]),
        InstrumentId(row["instrument_id"]),
        Decimal(row["quantity"]),
        Decimal(row["price"]),
        Decimal(row["cash"]),
        date.fromisoformat(row["settlement_date"]),
        datetime.fromisoformat(row["market_time"]),
    )
