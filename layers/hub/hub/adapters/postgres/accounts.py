"""What customers own, read from PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.accounts import AccountSummary, HeldPosition
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresAccounts:
    database: Database

    def of(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[AccountSummary]:
        rows = self.database.rows(
            compiled.LIST_ACCOUNTS, {"b_user_id": customer_id, "b_account_id": account_id}
        )
        return [
            AccountSummary(row[0], row[1], row[2], row[3], row[4], Balance(*row[5:]))
            for row in rows
        ]

    def positions(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[HeldPosition]:
        rows = self.database.rows(
            compiled.LIST_POSITIONS, {"b_user_id": customer_id, "b_account_id": account_id}
        )
        return [
            HeldPosition(row[0], row[1], row[2], row[3], row[4], Position(*row[5:])) for row in rows
        ]

    def deposit_of(self, account_id: AccountId, reference: str) -> Decimal | None:
        row = self.database.one(
            compiled.FIND_DEPOSIT, {"b_account_id": account_id, "b_reference": reference}
        )
        return row[0] if row else None
