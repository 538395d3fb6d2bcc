"""What is to be done to customers' keys, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class PostgresKeyDuties:
    database: Database

    def to_shred(self, after: CustomerId | None, most: int) -> Sequence[CustomerId]:
        asked = {"b_after": after, "b_limit": most}
        return [
            CustomerId(row[0]) for row in self.database.rows(compiled.LIST_KEYS_TO_SHRED, asked)
        ]

    def shredded(self, customer_id: CustomerId) -> None:
        self.database.rows(compiled.FORGET_KEY_TO_SHRED, {"b_user_id": customer_id})

    def wrapped_otherwise(
        self, master: str, after: CustomerId | None, most: int
    ) -> Sequence[CustomerId]:
        rows = self.database.rows(
            compiled.LIST_KEYS_WRAPPED_OTHERWISE,
            {"b_key_master": master, "b_after": after, "b_limit": most},
        )
        return [CustomerId(row[0]) for row in rows]

    def wrapped(self, customer_id: CustomerId, master: str) -> None:
        self.database.rows(
            compiled.NOTE_WRAPPED_KEY, {"b_user_id": customer_id, "b_key_master": master}
        )
