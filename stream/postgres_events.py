"""The log of accounts in PostgreSQL, read without holding up the loop."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from hub.adapters.postgres import compiled
from hub.application.ports.streaming import AccountEvent
from hub.domain.kernel import AccountId, CustomerId
from stream.account_news import Place
from stream.link import Link

# To write down so many takes the loop, which has the market to tell too, a few milliseconds.
MOST_AT_ONCE = 500
MOST_OF_ONE = 100


class PostgresEvents:
    """Raises UnavailableError while the database is away; connects again by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        # One connection runs one statement at a time.
        self._turn = asyncio.Lock()
        self.link = Link("account log", (psycopg.OperationalError, psycopg.InterfaceError))

    async def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        wanted = {"b_user_id": customer_id, "b_account_id": account_id}
        rows = await self._rows(compiled.FIND_LOG_HEAD, wanted)
        return rows[0][0] if rows else None

    async def after(self, places: Sequence[Place]) -> Sequence[tuple[int, AccountEvent]]:
        wanted = {
            "b_places_account_id": [account_id for account_id, _ in places],
            "b_places_sequence": [sequence for _, sequence in places],
            "b_each": MOST_OF_ONE,
            "b_limit": MOST_AT_ONCE,
        }
        rows = await self._rows(compiled.LIST_EVENTS_OF_PLACES, wanted)
        return [(number - 1, AccountEvent(*event)) for number, *event in rows]

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _rows(self, statement: str, wanted: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        async with self._turn:
            return await self.link.attempt(lambda: self._execute(statement, wanted))

    async def _execute(self, statement: str, wanted: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        try:
            cursor = await (await self._connected()).execute(statement.encode(), wanted)
            return await cursor.fetchall()
        except BaseException:
            # Also when the call was cut off by its time limit: the answer may still be on its way.
            await self.close()
            raise

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=2,
                application_name="hub account log",
            )
            self._connection.adapters.register_loader("uuid", TextLoader)
        return self._connection
