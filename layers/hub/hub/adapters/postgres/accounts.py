"""What customers own, read from PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database, Row
from hub.application.books import GENESIS
from hub.application.ports.accounts import (
    AccountSummary,
    HeldPosition,
    LedgerFilter,
    LedgerTransaction,
    NewAccount,
    OpenedAccount,
)
from hub.domain.accounts.activity import Activity, ActivityKind, Trade
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.ledger import Entry, Ledger
from hub.domain.accounts.position import Position
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresAccounts:
    database: Database

    def of(
        self, customer_id: CustomerId, account_id: AccountId | None = None
    ) -> Sequence[AccountSummary]:
        return self._accounts(customer_id, account_id=account_id)

    def page(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[AccountSummary]:
        return self._accounts(customer_id, after=after, limit=limit)

    def open_ones(self, customer_id: CustomerId) -> Sequence[AccountSummary]:
        return self._accounts(customer_id, only_open=True)

    def _accounts(
        self,
        customer_id: CustomerId,
        *,
        account_id: AccountId | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int | None = None,
        only_open: bool = False,
    ) -> Sequence[AccountSummary]:
        last, last_id = after or (None, None)
        rows = self.database.rows(
            compiled.LIST_ACCOUNTS,
            {
                "b_user_id": customer_id,
                "b_account_id": account_id,
                "b_after": last,
                "b_after_id": last_id,
                "b_only_open": only_open,
                "b_limit": limit,
            },
        )
        return [
            AccountSummary(
                row[0], row[1], row[2], row[3], row[4], Balance(*row[5:8]), row[8], row[9]
            )
            for row in rows
        ]

    def open(self, new: NewAccount, most: int) -> OpenedAccount:
        row = self.database.rows(
            compiled.OPEN_ACCOUNT,
            {
                "b_account_id": new.account_id,
                "b_user_id": new.customer_id,
                "b_name": new.name,
                "b_most": most,
                "b_audit_payload": new.audit_payload,
                "b_audit_hash": sha256(GENESIS + new.audit_payload.encode()).digest(),
                "b_at": new.cause.at,
            },
        )[0]
        return OpenedAccount(*row)

    def rename(self, account_id: AccountId, name: str) -> None:
        self.database.rows(compiled.RENAME_ACCOUNT, {"b_account_id": account_id, "b_name": name})

    def close(self, account_id: AccountId, at: datetime) -> None:
        self.database.rows(compiled.CLOSE_ACCOUNT, {"b_account_id": account_id, "b_at": at})

    def reset(self, account_id: AccountId, reset_id: str, at: datetime) -> bool:
        wanted = {"b_account_id": account_id, "b_reset_id": reset_id, "b_at": at}
        return self.database.one(compiled.RESET_ACCOUNT, wanted) is not None

    def activities(
        self, wanted: LedgerFilter, before_line: int | None = None
    ) -> Sequence[Activity]:
        asked = {**_asked(wanted), "b_before_line": before_line}
        return [_activity(row) for row in self.database.rows(compiled.LIST_ACTIVITIES, asked)]

    def ledger(self, wanted: LedgerFilter, ledger: str | None) -> Sequence[LedgerTransaction]:
        rows = self.database.rows(compiled.LIST_LEDGER, {**_asked(wanted), "b_ledger": ledger})
        return [
            LedgerTransaction(
                head[0],
                head[1],
                head[2],
                head[3],
                tuple(Entry(Ledger(row[4]), row[6], row[5]) for row in entries),
            )
            for head, entries in groupby(rows, key=itemgetter(0, 1, 2, 3))
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

    def moved(self, account_id: AccountId, kind: str, reference: str) -> Decimal | None:
        row = self.database.one(
            compiled.FIND_MOVEMENT,
            {"b_account_id": account_id, "b_kind": kind, "b_reference": reference},
        )
        return row[0] if row else None


def _asked(wanted: LedgerFilter) -> dict[str, Any]:
    before, before_id = wanted.before or (None, None)
    return {
        "b_user_id": wanted.customer_id,
        "b_account_id": wanted.account_id,
        "b_kinds": list(wanted.kinds) or None,
        "b_after": wanted.after,
        "b_until": wanted.until,
        "b_before": before,
        "b_before_id": before_id,
        "b_limit": wanted.limit,
    }


def _activity(row: Row) -> Activity:
    trade = Trade(*row[8:]) if row[8] is not None else None
    transaction_id, kind, line, at, reference, settled, unsettled, fees = row[:8]
    return Activity(
        transaction_id, ActivityKind(kind), line, at, reference, settled, unsettled, fees, trade
    )
