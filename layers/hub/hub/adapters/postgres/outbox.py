"""The outbox in PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.messages import Message


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    database: Database

    def forget(self, message_ids: Sequence[str]) -> None:
        self.database.rows(compiled.FORGET_MESSAGES, {"b_message_ids": list(message_ids)})

    @contextmanager
    def claim(self, moment: datetime, limit: int) -> Iterator[Sequence[Message]]:
        """Rows are locked while the block runs, and skipped by whoever else looks."""
        wanted = {"b_moment": moment, "b_limit": limit}
        with self.database.transaction([(compiled.LIST_UNSENT, wanted)]) as (rows,):
            yield [Message(*row) for row in rows]
