"""What is left of identity's past, in PostgreSQL."""

from dataclasses import dataclass

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.identity import Past


@dataclass(frozen=True, slots=True)
class PostgresRemains:
    database: Database

    def prune(self, past: Past, most: int) -> int:
        row = self.database.one(
            compiled.PRUNE_IDENTITY,
            {
                "b_over": past.over,
                "b_used": past.used,
                "b_attempted": past.attempted,
                "b_most": most,
            },
        )
        return int(row[0]) if row else 0
