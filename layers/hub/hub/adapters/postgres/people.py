"""People in PostgreSQL: all that is kept of one, and forgetting them."""

from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.sealed import opened, opened_session
from hub.application.ports.identity import PersonalData
from hub.application.ports.vault import Vault
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class PostgresPeople:
    database: Database
    vault: Vault

    def all_of(self, customer_id: CustomerId) -> PersonalData | None:
        row = self.database.one(compiled.FIND_PERSON, {"b_user_id": customer_id})
        if row is None:
            return None
        *person, created_at = row
        seal = self.vault.of(customer_id)
        sessions = self.database.rows(compiled.LIST_ALL_SESSIONS, {"b_user_id": customer_id})
        return PersonalData(
            opened(self.vault, person),
            created_at,
            [opened_session(seal, session) for session in sessions],
        )

    def erase(self, customer_id: CustomerId, at: datetime) -> None:
        self.database.rows(compiled.ERASE_PERSON, {"b_user_id": customer_id, "b_at": at})
