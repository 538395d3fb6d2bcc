"""Second factors in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.sealed import secret_field
from hub.application.ports.vault import Vault
from hub.domain.identity.second_factor import SecondFactor
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class PostgresSecondFactors:
    database: Database
    vault: Vault

    def begin(self, customer_id: CustomerId, secret: bytes, at: datetime) -> bool:
        sealed = self.vault.of(customer_id).close(secret_field(customer_id), secret)
        asked = {"b_user_id": customer_id, "b_secret": sealed, "b_at": at}
        return self.database.one(compiled.BEGIN_SECOND_FACTOR, asked) is not None

    def of(self, customer_id: CustomerId) -> SecondFactor | None:
        row = self.database.one(compiled.FIND_SECOND_FACTOR, {"b_user_id": customer_id})
        if row is None:
            return None
        sealed, last_step, confirmed = row
        secret = self.vault.of(customer_id).open(secret_field(customer_id), sealed)
        return SecondFactor(secret, last_step, confirmed)

    def confirm(
        self, customer_id: CustomerId, step: int, recovery: Sequence[bytes], at: datetime
    ) -> bool:
        asked = {
            "b_user_id": customer_id,
            "b_step": step,
            "b_hashes": list(recovery),
            "b_at": at,
        }
        return self.database.one(compiled.CONFIRM_SECOND_FACTOR, asked) is not None

    def take_step(self, customer_id: CustomerId, step: int) -> bool:
        asked = {"b_user_id": customer_id, "b_step": step}
        return self.database.one(compiled.TAKE_STEP, asked) is not None

    def take_recovery(self, customer_id: CustomerId, code_hash: bytes, at: datetime) -> bool:
        asked = {"b_user_id": customer_id, "b_code_hash": code_hash, "b_used_at": at}
        return self.database.one(compiled.TAKE_RECOVERY_CODE, asked) is not None

    def remove(self, customer_id: CustomerId, at: datetime) -> bool:
        asked = {"b_user_id": customer_id, "b_at": at}
        return self.database.one(compiled.REMOVE_SECOND_FACTOR, asked) is not None
