"""What of Standard executions outlives the runtime: each one's last position, and its history."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.clock import Clock
from local.statemachines.execution import Event, Execution, History, Position

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    arn TEXT PRIMARY KEY, machine_arn TEXT NOT NULL, status TEXT NOT NULL,
    started REAL NOT NULL, events INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine_arn, started DESC);
CREATE TABLE IF NOT EXISTS events (
    arn TEXT NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (arn, id)
) WITHOUT ROWID;
"""
_PLAIN = ("name", "input", "output", "error", "cause", "redrives")
_MOMENTS = ("started", "stopped", "redriven")


class Journal:
    """A SQLite file, or memory without one. Writes are small and happen at every transition."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._clock = clock
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)

    def save(self, execution: Execution) -> None:
        history = execution.history
        fresh = history.fresh if history else []
        row = (
            execution.arn,
            execution.machine_arn,
            execution.status,
            execution.started.timestamp(),
            history.count if history else 0,
            _record(execution),
        )
        self._database.execute("BEGIN")
        self._database.execute("INSERT OR REPLACE INTO executions VALUES (?, ?, ?, ?, ?, ?)", row)
        self._database.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            [(execution.arn, event["id"], json.dumps(event)) for event in fresh],
        )
        self._database.execute("COMMIT")
        fresh.clear()

    def find(self, arn: str) -> Execution | None:
        found = self._select("arn = ?", arn)
        return found[0] if found else None

    def running(self, machine_arn: str) -> list[Execution]:
        return self._select("machine_arn = ? AND status = 'RUNNING'", machine_arn)

    def of_machine(self, machine_arn: str) -> list[Execution]:
        """The latest first."""
        return self._select("machine_arn = ? ORDER BY started DESC, arn", machine_arn)

    def events(self, arn: str) -> list[Event]:
        rows = self._database.execute("SELECT event FROM events WHERE arn = ? ORDER BY id", (arn,))
        return [json.loads(event) for (event,) in rows]

    def close(self) -> None:
        self._database.close()

    def _select(self, which: str, value: str) -> list[Execution]:
        columns = "arn, machine_arn, status, events, record"
        query = f"SELECT {columns} FROM executions WHERE {which}"  # noqa: S608  (`which` is ours)
        return [self._execution(row) for row in self._database.execute(query, (value,))]

    def _execution(self, row: tuple[Any, ...]) -> Execution:
        arn, machine_arn, status, events, record = row
        fields = json.loads(record)
        for name in _MOMENTS:
            fields[name] = _moment(fields[name])
        position = fields.pop("position")
        position["entered"] = _moment(position["entered"])
        execution = Execution(
            arn=arn,
            machine_arn=machine_arn,
            status=status,
            position=Position(**position),
            history=History(self._clock, events),
            **fields,
        )
        if status != "RUNNING":
            execution.ended.set()
        return execution


def _record(execution: Execution) -> str:
    fields = {name: getattr(execution, name) for name in _PLAIN}
    fields |= {name: _seconds(getattr(execution, name)) for name in _MOMENTS}
    at = execution.position
    fields["position"] = {
        "state": at.state,
        "input": at.input,
        "variables": at.variables,
        "entered": _seconds(at.entered),
        "done": at.done,
        "redriven": at.redriven,
    }
    return json.dumps(fields)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
