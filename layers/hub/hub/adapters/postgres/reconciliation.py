"""Both sides of a day's reconciliation that our database knows, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database, Row
from hub.application.ports.reconciliation import Reconciliation
from hub.domain.kernel import AccountId, InstrumentId
from hub.domain.settlement.reconciling import Break, BreakKind, DayRecord, Executed

_ZERO = Decimal(0)
Places = dict[tuple[AccountId, InstrumentId], Decimal]


@dataclass(frozen=True, slots=True)
class PostgresReconciliations:
    database: Database

    def booked(self, day: date) -> DayRecord:
        executions, cash, held = (
            self.database.rows(each, {"b_day": day})
            for each in (
                compiled.LIST_EXECUTED,
                compiled.LIST_CASH_MOVED,
                compiled.LIST_HELD_AFTER,
            )
        )
        moved = {AccountId(account_id): amount for account_id, amount in cash}
        return DayRecord(_executions(executions), moved, _places(held))

    def executed(self, day: date) -> DayRecord:
        rows = self.database.rows(compiled.LIST_EXECUTED, {"b_day": day})
        held = self.database.rows(compiled.LIST_TRADED_UNTIL, {"b_day": day})
        executions = _executions(rows)
        cash: dict[AccountId, Decimal] = {}
        for each in executions.values():
            cash[each.account_id] = cash.get(each.account_id, _ZERO) + each.cash
        return DayRecord(executions, cash, _places(held))

    def counts(self, first: date, last: date) -> Mapping[date, int]:
        rows = self.database.rows(compiled.COUNT_EXECUTED, {"b_first": first, "b_last": last})
        return {row[0]: row[1] for row in rows}

    def done(self, venue: str, first: date, last: date) -> Sequence[tuple[date, int, int]]:
        wanted = {"b_venue": venue, "b_first": first, "b_last": last}
        return [
            (row[0], row[1], row[2]) for row in self.database.rows(compiled.LIST_RECONCILED, wanted)
        ]

    def record(self, reconciliation: Reconciliation) -> None:
        breaks = [
            (number, each.kind.value, each.account_id, each.subject, each.ours, each.theirs)
            for number, each in enumerate(reconciliation.breaks, 1)
        ]
        self.database.rows(
            compiled.RECORD_RECONCILIATION,
            {
                "b_reconciliation_id": reconciliation.reconciliation_id,
                "b_venue": reconciliation.venue,
                "b_day": reconciliation.day,
                "b_files": reconciliation.files,
                "b_executions": reconciliation.executions,
                "b_breaks": len(breaks),
                "b_trace_id": reconciliation.trace_id,
                "b_at": reconciliation.at,
                **arrays("break", "number kind account_id subject ours theirs", breaks),
            },
        )

    def latest(self, day: date) -> Sequence[Reconciliation]:
        return [
            Reconciliation._make((*row, self._breaks(row[0])))
            for row in self.database.rows(compiled.LIST_RECONCILIATIONS, {"b_day": day})
        ]

    def _breaks(self, reconciliation_id: str) -> list[Break]:
        wanted = {"b_reconciliation_id": reconciliation_id}
        rows = self.database.rows(compiled.LIST_BREAKS, wanted)
        return [Break(BreakKind(row[0]), AccountId(row[1]), *row[2:]) for row in rows]


def _executions(rows: Iterable[Row]) -> dict[str, Executed]:
    return {row[0]: Executed(*row) for row in rows}


def _places(rows: Iterable[Row]) -> Places:
    return {
        (AccountId(account_id), InstrumentId(instrument_id)): quantity
        for account_id, instrument_id, quantity in rows
        if quantity
    }
