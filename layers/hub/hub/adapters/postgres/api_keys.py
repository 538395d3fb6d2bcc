"""API keys in PostgreSQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.identity import ApiKey, CreatedKey, NewApiKey, UsedKey
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresApiKeys:
    database: Database

    def create(self, new: NewApiKey, most: int) -> CreatedKey:
        row = self.database.rows(
            compiled.CREATE_API_KEY,
            {
                "b_key_id": new.key_id,
                "b_user_id": new.customer_id,
                "b_account_id": new.account_id,
                "b_name": new.name,
                "b_scope": new.scope,
                "b_token_hash": new.token_hash,
                "b_created_at": new.created_at,
                "b_expires_at": new.expires_at,
                "b_most": most,
            },
        )[0]
        return CreatedKey(*row)

    def of(
        self, customer_id: CustomerId, account_id: AccountId, at: datetime
    ) -> Sequence[ApiKey] | None:
        rows = self.database.rows(
            compiled.LIST_API_KEYS,
            {"b_user_id": customer_id, "b_account_id": account_id, "b_at": at},
        )
        if not rows:
            return None
        return [ApiKey(*row) for row in rows if row[0] is not None]

    def revoke(
        self, customer_id: CustomerId, account_id: AccountId, key_id: str, at: datetime
    ) -> bool:
        revoked = self.database.one(
            compiled.REVOKE_API_KEY,
            {
                "b_user_id": customer_id,
                "b_account_id": account_id,
                "b_key_id": key_id,
                "b_at": at,
            },
        )
        return revoked is not None

    def live(self, key_ids: Collection[str], at: datetime) -> Collection[str]:
        rows = self.database.rows(
            compiled.LIST_LIVE_API_KEYS, {"b_key_ids": list(key_ids), "b_at": at}
        )
        return frozenset(key_id for (key_id,) in rows)

    def use(self, token_hash: bytes, at: datetime) -> UsedKey | None:
        row = self.database.one(compiled.USE_API_KEY, {"b_token_hash": token_hash, "b_at": at})
        return UsedKey(*row) if row else None
