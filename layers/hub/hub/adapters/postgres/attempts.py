"""Attempts at the gates, counted in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.domain.identity.attempts import MEMORY, Failures, Gate, longest_wait


@dataclass(frozen=True, slots=True)
class PostgresAttempts:
    database: Database

    def begin(self, gates: Sequence[Gate], at: datetime) -> int:
        keys = sorted(gate.key for gate in gates)
        asked = {"b_keys": keys, "b_at": at, "b_forgotten": at - MEMORY}
        # The rows are made where they are missing, and locked: one attempt at a time looks.
        with self.database.transaction([(compiled.LOCK_ATTEMPTS, asked)]) as rows:
            kept = {row[0]: Failures(row[1], row[2]) for row in rows}
            seconds = longest_wait([(gate, kept[gate.key]) for gate in gates], at)
            if not seconds:
                self.database.commit_with(compiled.COUNT_ATTEMPTS, {"b_keys": keys, "b_at": at})
        return seconds

    def succeeded(self, gates: Sequence[Gate]) -> None:
        pair, account, address = (gate.key for gate in gates)
        self.database.rows(
            compiled.UNCOUNT_ATTEMPTS, {"b_cleared": [pair, account], "b_address": address}
        )
