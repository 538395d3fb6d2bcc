"""Lets pgbench run the product's own statements with the very parameters the product would send.

pgbench knows numbers only. So a rehearsal of the product records what it sends, transaction by
transaction, in a table of texts ("plays"); pgbench fetches the next play into its variables, and
what that takes is left out of its figures.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from hub.adapters.postgres.connection import Database, DatabaseAddress, Row, Statement

PLAYS = "bench_plays"
_PARAMETER = re.compile(r"%\((\w+)\)s")
_KNOWN = (
    r"UUID|VARCHAR|TEXT|INTEGER|BIGINT|BOOLEAN|JSONB|BYTEA|DATE|TIMESTAMP WITH TIME ZONE"
    r"|NUMERIC\(\d+, \d+\)"
)
_TYPED = re.compile(
    rf"CAST\(%\((?P<cast>\w+)\)s AS (?P<to>{_KNOWN})\)"
    rf"|%\((?P<name>\w+)\)s::(?P<type>(?:{_KNOWN})(?:\[\])?)"
)


class Play(NamedTuple):
    """One transaction as the product sent it."""

    statements: Sequence[Statement]

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: value for _, given in self.statements for name, value in given.items()}


def absent(plays: Sequence[Play]) -> frozenset[str]:
    """The parameters that no play has a value for: pgbench's variables are never NULL."""
    given = {name for play in plays for name, value in play.parameters.items() if value is not None}
    return frozenset(plays[0].parameters) - given


def pgbench_text(sql: str, absent: AbstractSet[str] = frozenset()) -> str:
    """The statement with psycopg's named parameters as pgbench's variables, the absent as NULL."""
    return _PARAMETER.sub(
        lambda found: "NULL" if found[1] in absent else f":{found[1]}", sql.strip()
    )


def parameter_types(sql: str) -> dict[str, str]:
    """Each parameter's type, as the statement states it. Raises ValueError where it does not."""
    types = {}
    for found in _TYPED.finditer(sql):
        types[found["name"] or found["cast"]] = found["type"] or found["to"]
    unknown = set(_PARAMETER.findall(sql)) - set(types)
    if unknown:
        raise ValueError(f"parameters without a stated type: {sorted(unknown)}")
    return types


def one_statement(lock: str, load: str, write: str) -> str:
    """Lock, load and write as one statement: the same work in a single round trip."""
    ctes, _, _ = write.strip().removeprefix("WITH ").rpartition("SELECT 1")
    return (
        f"WITH locked AS ({lock.strip()}),\nloaded AS ({load.strip()}),\n{ctes}"
        "SELECT (SELECT count(*) FROM locked), (SELECT count(*) FROM loaded)"
    )


class Rehearsal(Database):
    """A database that records every transaction, and keeps none of it.

    All run in one real transaction, so that each sees what those before it did.
    """

    def __init__(self, url: str) -> None:
        super().__init__(DatabaseAddress(url))
        self.plays: list[Play] = []
        self._first: Sequence[Statement] = ()
        super().rows("BEGIN")

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        self.plays.append(Play([(sql, parameters or {})]))
        return super().rows(sql, parameters)

    @contextmanager
    def transaction(self, first: Sequence[Statement]) -> Iterator[list[list[Row]]]:
        self._first = first
        yield [super(Rehearsal, self).rows(*each) for each in first]

    def commit_with(self, sql: str | None, parameters: Mapping[str, Any] | None) -> None:
        assert sql is not None
        assert parameters is not None
        super().rows(sql, parameters)
        self.plays.append(Play([*self._first, (sql, parameters)]))

    def forget(self) -> None:
        super().rows("ROLLBACK")
        self.close()


def keep(connection: psycopg.Connection[Any], plays: Sequence[Play]) -> list[str]:
    """Fill the table with the plays, numbered from 1. The names of their parameters."""
    types: dict[str, str] = {}
    for sql, _ in plays[0].statements:
        types |= parameter_types(sql)
    types = {name: kind for name, kind in types.items() if name not in absent(plays)}
    columns = ", ".join(f"{name} text NOT NULL" for name in types)
    connection.execute(f"DROP TABLE IF EXISTS {PLAYS}")
    connection.execute(f"CREATE TABLE {PLAYS} (n integer PRIMARY KEY, {columns})")
    values = ", ".join(f"(%({name})s::{kind})::text" for name, kind in types.items())
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {PLAYS} VALUES (%(n)s, {values})",
            [{"n": n, **play.parameters} for n, play in enumerate(plays, 1)],
        )
    connection.execute(f"GRANT SELECT ON {PLAYS} TO PUBLIC")
    connection.execute(f"VACUUM ANALYZE {PLAYS}")
    return list(types)
