"""The log of an account and its listeners, in PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.streaming import AccountEvent, Connection, Subscription
from hub.domain.kernel import AccountId, CustomerId


@dataclass(frozen=True, slots=True)
class PostgresAccountLog:
    database: Database

    def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        row = self.database.one(
            compiled.FIND_LOG_HEAD, {"b_user_id": customer_id, "b_account_id": account_id}
        )
        return row[0] if row else None

    def after(self, account_id: AccountId, sequence: int, limit: int) -> Sequence[AccountEvent]:
        rows = self.database.rows(
            compiled.LIST_EVENTS_AFTER,
            {"b_account_id": account_id, "b_after": sequence, "b_limit": limit},
        )
        return [AccountEvent(*row) for row in rows]


@dataclass(slots=True)
class _Turn:
    database: Database
    subscription: Subscription
    told: int

    def tell_to(self, sequence: int) -> None:
        self.database.rows(
            compiled.TELL_SUBSCRIPTION, {**_named(self.subscription), "b_told": sequence}
        )
        self.told = sequence


@dataclass(frozen=True, slots=True)
class PostgresConnections:
    database: Database

    def open(self, connection: Connection, most: int) -> bool:
        opened = self.database.one(
            compiled.OPEN_CONNECTION,
            {
                "b_connection_id": connection.connection_id,
                "b_user_id": connection.customer_id,
                "b_session_id": connection.session_id,
                "b_account_id": connection.account_id,
                "b_opened_at": connection.opened_at,
                "b_expires_at": connection.expires_at,
                "b_most": most,
            },
        )
        return opened is not None

    def find(self, connection_id: str) -> Connection | None:
        row = self.database.one(compiled.FIND_CONNECTION, {"b_connection_id": connection_id})
        return Connection(*row) if row else None

    def renew(self, connection_id: str, session_id: str, expires_at: datetime) -> None:
        self.database.rows(
            compiled.RENEW_CONNECTION,
            {
                "b_connection_id": connection_id,
                "b_session_id": session_id,
                "b_expires_at": expires_at,
            },
        )

    def close(self, connection_id: str) -> None:
        self.database.rows(compiled.CLOSE_CONNECTION, {"b_connection_id": connection_id})

    def subscribe(self, subscription: Subscription, told: int, most: int) -> bool:
        subscribed = self.database.one(
            compiled.SUBSCRIBE_ACCOUNT,
            {**_named(subscription), "b_told": told, "b_most": most},
        )
        return subscribed is not None

    def unsubscribe(self, subscription: Subscription) -> bool:
        return self.database.one(compiled.UNSUBSCRIBE_ACCOUNT, _named(subscription)) is not None

    def listening(self, account_ids: Sequence[AccountId], at: datetime) -> Sequence[Subscription]:
        rows = self.database.rows(
            compiled.LIST_LISTENING, {"b_account_ids": list(account_ids), "b_at": at}
        )
        return [Subscription(*row) for row in rows]

    @contextmanager
    def turn(self, subscription: Subscription) -> Iterator[_Turn | None]:
        wanted = (compiled.LOCK_SUBSCRIPTION, _named(subscription))
        with self.database.transaction([wanted]) as (rows,):
            yield _Turn(self.database, subscription, rows[0][0]) if rows else None

    def expired(self, at: datetime, limit: int) -> Sequence[str]:
        rows = self.database.rows(compiled.LIST_EXPIRED_CONNECTIONS, {"b_at": at, "b_limit": limit})
        return [connection_id for (connection_id,) in rows]


def _named(subscription: Subscription) -> dict[str, str]:
    return {
        "b_connection_id": subscription.connection_id,
        "b_account_id": subscription.account_id,
    }
