"""A connection to PostgreSQL: made when it is needed, and made again after it was lost."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from psycopg.types.string import TextLoader

from stream.link import Link


class Postgres:
    """Runs one statement at a time, each by itself. `name` is what the log and the database know
    it by. Raises UnavailableError while the database is away."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()
        self.link = Link(name, (psycopg.OperationalError, psycopg.InterfaceError))

    async def rows(
        self, statement: LiteralString | bytes, values: Mapping[str, Any] | Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        async with self._turn:
            return await self.link.attempt(lambda: self._execute(statement, values))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _execute(
        self, statement: LiteralString | bytes, values: Mapping[str, Any] | Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        try:
            cursor = await (await self._connected()).execute(statement, values)
            return await cursor.fetchall() if cursor.description else []
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
                application_name=f"hub {self.link.name}",
            )
            self._connection.adapters.register_loader("uuid", TextLoader)
        return self._connection
