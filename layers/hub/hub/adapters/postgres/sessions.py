"""Log-in sessions in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.sealed import address_field, agent_field, opened_session
from hub.application.ports.identity import LiveSession, NewSession, Rotated, Rotation
from hub.application.ports.vault import Vault
from hub.domain.identity.sessions import IDLE, Ending
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class PostgresDevices:
    database: Database
    vault: Vault

    def open(self, session: NewSession) -> None:
        seal = self.vault.of(session.customer_id)
        address, agent = session.address.encode(), session.agent.encode()
        device = seal.mark("device", address + b"\0" + agent)
        self.database.rows(
            compiled.OPEN_SESSION,
            {
                "b_session_id": session.session_id,
                "b_user_id": session.customer_id,
                "b_token_hash": session.token_hash,
                "b_address": seal.close(address_field(session.session_id), address),
                "b_agent": seal.close(agent_field(session.session_id), agent),
                "b_device": device,
                "b_created_at": session.created_at,
                "b_expires_at": session.expires_at,
            },
        )

    def of(self, customer_id: CustomerId, at: datetime) -> Sequence[LiveSession]:
        rows = self.database.rows(
            compiled.LIST_SESSIONS_OF_USER,
            {"b_user_id": customer_id, "b_at": at, "b_idle_since": at - IDLE},
        )
        seal = self.vault.of(customer_id)
        return [opened_session(seal, row) for row in rows]


@dataclass(frozen=True, slots=True)
class PostgresSessions:
    database: Database

    def rotate(self, rotation: Rotation) -> Rotated | None:
        row = self.database.one(
            compiled.ROTATE_REFRESH_TOKEN,
            {
                "b_presented": rotation.presented,
                "b_fresh": rotation.fresh,
                "b_at": rotation.at,
                "b_idle_since": rotation.idle_since,
            },
        )
        return Rotated(*row) if row else None

    def live(self, session_id: str, at: datetime) -> bool:
        found = self.database.one(
            compiled.FIND_LIVE_SESSION, {"b_session_id": session_id, "b_at": at}
        )
        return found is not None

    def end(self, customer_id: CustomerId, session_id: str, ending: Ending, at: datetime) -> bool:
        ended = self.database.one(
            compiled.END_SESSION,
            {
                "b_user_id": customer_id,
                "b_session_id": session_id,
                "b_ending": ending,
                "b_at": at,
            },
        )
        return ended is not None

    def end_all(self, customer_id: CustomerId, ending: Ending, at: datetime) -> int:
        ended = self.database.rows(
            compiled.END_SESSIONS, {"b_user_id": customer_id, "b_ending": ending, "b_at": at}
        )
        return len(ended)
