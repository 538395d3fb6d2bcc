"""Rows that outlive the process: changes made in one turn of the event loop share one commit.

The working set lies in memory, at the caller's; this file only has to hold enough to rebuild it
after `kill -9`. `synchronous=OFF` is enough for that: a committed page is the kernel's, not ours.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, fixed TEXT NOT NULL, state TEXT NOT NULL)
"""
_PUT = "INSERT INTO rows (seq, fixed, state) VALUES (?, ?, ?)"
_CHANGE = "UPDATE rows SET state = ? WHERE seq = ?"
_DROP = "DELETE FROM rows WHERE seq = ?"


class Row(NamedTuple):
    """`fixed` never changes once put, so that a change need not write it again."""

    seq: int
    fixed: str
    state: str


class Journal:
    """`put`, `change` and `drop` take effect at once for the caller and on disk by `await flush()`.

    Without a file nothing is written and every call is free.
    """

    def __init__(self, file: Path | None) -> None:
        self._database = None if file is None else _open(file)
        self._put: dict[int, Row] = {}
        self._changed: dict[int, str] = {}
        self._dropped: set[int] = set()
        self._flushed: asyncio.Future[None] | None = None
        self._last = 0 if self._database is None else _last_seq(self._database)

    def next_seq(self) -> int:
        self._last += 1
        return self._last

    def rows(self) -> Iterator[Row]:
        """What an earlier process left, oldest first."""
        if self._database is not None:
            query = self._database.execute("SELECT seq, fixed, state FROM rows ORDER BY seq")
            yield from (Row(*row) for row in query)

    def put(self, row: Row) -> None:
        if self._database is not None:
            self._put[row.seq] = row
            self._schedule()

    def change(self, seq: int, state: str) -> None:
        if self._database is None:
            return
        if (row := self._put.get(seq)) is not None:
            self._put[seq] = row._replace(state=state)
        else:
            self._changed[seq] = state
        self._schedule()

    def drop(self, seq: int) -> None:
        if self._database is None:
            return
        self._changed.pop(seq, None)
        if self._put.pop(seq, None) is None:
            self._dropped.add(seq)
        self._schedule()

    async def flush(self) -> None:
        """Returns when everything up to now is committed."""
        if self._flushed is not None:
            await asyncio.shield(self._flushed)

    def close(self) -> None:
        if self._database is not None:
            self._write()
            self._database.close()
            self._database = None

    def _schedule(self) -> None:
        if self._flushed is None:
            loop = asyncio.get_running_loop()
            self._flushed = loop.create_future()
            loop.call_soon(self._write)

    def _write(self) -> None:
        flushed, self._flushed = self._flushed, None
        if self._database is None:
            return
        try:
            self._commit(self._database)
        except sqlite3.Error as error:
            # What was not written stays pending: the next change tries again.
            if flushed is None:
                raise
            flushed.set_exception(error)
        else:
            if flushed is not None:
                flushed.set_result(None)

    def _commit(self, database: sqlite3.Connection) -> None:
        with database:
            database.execute("BEGIN")
            database.executemany(_PUT, self._put.values())
            database.executemany(_CHANGE, _pairs(self._changed))
            database.executemany(_DROP, ((seq,) for seq in self._dropped))
        self._put.clear()
        self._changed.clear()
        self._dropped.clear()


def _pairs(changed: dict[int, str]) -> Iterable[tuple[str, int]]:
    return ((state, seq) for seq, state in changed.items())


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(file, isolation_level=None, timeout=1)
    try:
        # One process at a time: a second one would deliver everything twice.
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _last_seq(database: sqlite3.Connection) -> int:
    (last,) = database.execute("SELECT coalesce(max(seq), 0) FROM rows").fetchone()
    return int(last)
