"""One-time tokens in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.sealed import opened
from hub.application.ports.identity import Customer, NewOneTimeToken, PasswordReset
from hub.application.ports.vault import Vault
from hub.domain.identity.one_time_tokens import Purpose


@dataclass(frozen=True, slots=True)
class PostgresOneTimeTokens:
    database: Database
    vault: Vault

    def create(self, new: NewOneTimeToken) -> bool:
        found = self.database.one(
            compiled.CREATE_ONE_TIME_TOKEN,
            {
                "b_user_id": new.customer_id,
                "b_purpose": new.purpose,
                "b_token_hash": new.token_hash,
                "b_created_at": new.created_at,
                "b_expires_at": new.expires_at,
            },
        )
        return found is not None

    def owner(self, token_hash: bytes, purpose: Purpose, at: datetime) -> Customer | None:
        row = self.database.one(
            compiled.FIND_OWNER_OF_TOKEN,
            {"b_token_hash": token_hash, "b_purpose": purpose, "b_at": at},
        )
        return opened(self.vault, row) if row else None

    def reset_password(self, reset: PasswordReset) -> int | None:
        row = self.database.one(
            compiled.RESET_PASSWORD,
            {
                "b_token_hash": reset.token_hash,
                "b_password_hash": reset.password_hash,
                "b_at": reset.at,
            },
        )
        done, ended = row or (False, 0)
        return ended if done else None

    def verify_email(self, token_hash: bytes, at: datetime) -> bool:
        asked = {"b_token_hash": token_hash, "b_at": at}
        return self.database.one(compiled.VERIFY_EMAIL, asked) is not None
