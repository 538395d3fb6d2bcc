"""The one connection of an execution environment: opened lazily, kept, replaced when it breaks.

Autocommit, so that a statement is a transaction and one round trip. Inside `transaction` the
connection's statements share one, with BEGIN and COMMIT sent as plain statements.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.string import TextLoader

from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)

Row = tuple[Any, ...]
Statement = tuple[str, Mapping[str, Any]]
_PARAMETER = re.compile(r"%\((\w+)\)s")


class BrokenRuleError(Exception):
    """A rule that the database keeps was about to be broken; it is named. A defect of ours."""


class DatabaseAddress(NamedTuple):
    """`password` gives a fresh one at each connect, where the URL holds none (IAM).

    `prepare` is off behind RDS Proxy, which pins a connection that prepares statements.
    """

    url: str
    password: Callable[[], str] | None = None
    prepare: bool = True


class Database:
    """Runs statements for one process; not for several threads at once."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self._connection: psycopg.Connection[Row] | None = None
        self._working = False

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """What a statement returns. Outside a transaction a lost connection is replaced, once."""
        if self._working:
            with _unavailable():
                return _fetch(self._begun(), sql, parameters)
        try:
            with _without_rows():
                return _fetch(self._open(), sql, parameters)
        except psycopg.OperationalError as error:
            logger.warning("statement runs again: %s", type(error).__name__)
            self._drop_if_broken()
            with _unavailable():
                return _fetch(self._open(), sql, parameters)

    def one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        found = self.rows(sql, parameters)
        return found[0] if found else None

    @contextmanager
    def transaction(self, first: Sequence[Statement]) -> Iterator[list[list[Row]]]:
        """A transaction that begins with some statements, in one round trip, whose rows it gives.

        What follows in the block belongs to it too. It commits at the end of the block, unless
        `commit_with` did so already. A connection that turns out lost at the start is replaced.
        """
        try:
            rows = self._begin(first)
        except psycopg.OperationalError as error:
            logger.warning("transaction begins again: %s", type(error).__name__)
            with _unavailable():
                rows = self._begin(first)
        self._working = True
        try:
            yield rows
            if self._working:
                self.commit_with(None, None)
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._working = False

    def give_up(self) -> None:
        """End the transaction as if it had never begun."""
        self._begun()
        self._roll_back()
        self._working = False

    def commit_with(self, sql: str | None, parameters: Mapping[str, Any] | None) -> None:
        """Run a last statement and commit, in one round trip."""
        connection = self._begun()
        with _unavailable():
            if sql is None:
                connection.execute("COMMIT")
            else:
                with connection.pipeline():
                    _run(connection, sql, parameters)
                    connection.execute("COMMIT")
        self._working = False

    def _begin(self, first: Sequence[Statement]) -> list[list[Row]]:
        connection = self._open()
        try:
            with connection.pipeline():
                connection.execute("BEGIN")
                cursors = [_run(connection, sql, parameters) for sql, parameters in first]
            return [cursor.fetchall() for cursor in cursors]
        except BaseException:
            # Whatever it was: a connection left in a failed transaction would fail who comes next.
            self._roll_back()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> psycopg.Connection[Row]:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        password = self._address.password
        extra = {"password": password()} if password else {}
        with _unavailable():
            connection = psycopg.connect(
                self._address.url,
                autocommit=True,
                prepare_threshold=0 if self._address.prepare else None,
                row_factory=tuple_row,
                cursor_factory=psycopg.RawCursor,
                connect_timeout=3,
                keepalives_idle=30,
                tcp_user_timeout=5000,
                application_name="hub",
                **extra,  # type: ignore[arg-type]  # libpq takes any keyword; psycopg types its own
            )
        connection.adapters.register_loader("uuid", TextLoader)
        self._connection = connection
        return connection

    def _begun(self) -> psycopg.Connection[Row]:
        """The connection of the transaction: a new one would hold none of its locks."""
        if self._connection is None or self._connection.closed:
            raise UnavailableError("the transaction's connection is lost", code="database")
        return self._connection

    def _drop_if_broken(self) -> None:
        if self._connection is not None and (self._connection.closed or self._connection.broken):
            self.close()

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or connection.closed:
            return
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()


@contextmanager
def _unavailable() -> Iterator[None]:
    """The database's own trouble becomes UnavailableError; a broken rule stays what it is."""
    try:
        with _without_rows():
            yield
    except psycopg.OperationalError as error:
        raise UnavailableError("the database does not answer", code="database") from error


@contextmanager
def _without_rows() -> Iterator[None]:
    """PostgreSQL's words about a broken rule repeat the row: what people own is not for logs."""
    try:
        yield
    except psycopg.errors.UniqueViolation:
        raise
    except psycopg.IntegrityError as error:
        raise BrokenRuleError(error.diag.constraint_name or type(error).__name__) from None


def _fetch(
    connection: psycopg.Connection[Row], sql: str, parameters: Mapping[str, Any] | None
) -> list[Row]:
    cursor = _run(connection, sql, parameters)
    return cursor.fetchall() if cursor.description else []


def _run(
    connection: psycopg.Connection[Row], sql: str, parameters: Mapping[str, Any] | None
) -> psycopg.Cursor[Row]:
    if parameters is None:
        return connection.execute(sql)
    text, names = numbered(sql)
    return connection.execute(text, [parameters[name] for name in names])


@cache
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with its named parameters as $1, $2, ..., and their names in that order.

    psycopg does this too, but anew at each run of a statement as long as those of the order path.
    """
    places: dict[str, int] = {}
    text = _PARAMETER.sub(lambda found: f"${places.setdefault(found[1], len(places) + 1)}", sql)
    return text, tuple(places)
