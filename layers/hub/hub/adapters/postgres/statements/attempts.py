"""Attempts at the gates of log-in."""

from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, case, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from hub.adapters.postgres.statements.parts import TEXTS, given
from hub.adapters.postgres.tables import login_attempts

_KEYS = bindparam("b_keys", type_=TEXTS)
_AT = given("at", login_attempts.c.last_at)
_ZERO: ColumnElement[Any] = literal_column("0")
_ONE: ColumnElement[Any] = literal_column("1")


def lock_attempts() -> ReturningInsert[Any]:
    """Columns: key, failures, last_at. What is long ago is forgotten."""
    key = func.unnest(_KEYS).column_valued("key")
    rows = insert(login_attempts).from_select(
        ["key", "failures", "last_at"], select(key, _ZERO, _AT), include_defaults=False
    )
    forgotten = login_attempts.c.last_at <= given("forgotten", login_attempts.c.last_at)
    return rows.on_conflict_do_update(
        index_elements=[login_attempts.c.key],
        set_={"failures": case((forgotten, _ZERO), else_=login_attempts.c.failures)},
    ).returning(login_attempts.c.key, login_attempts.c.failures, login_attempts.c.last_at)


def count_attempts() -> Update:
    return (
        update(login_attempts)
        .where(login_attempts.c.key == func.any(_KEYS))
        .values(failures=login_attempts.c.failures + _ONE, last_at=_AT)
    )


def uncount_attempts() -> Update:
    """None are left at the account's gates, and one less at the address's."""
    cleared = bindparam("b_cleared", type_=TEXTS)
    address = given("address", login_attempts.c.key)
    return (
        update(login_attempts)
        .where((login_attempts.c.key == func.any(cleared)) | (login_attempts.c.key == address))
        .values(
            failures=case(
                (login_attempts.c.key == address, _at_least_zero(login_attempts.c.failures - _ONE)),
                else_=_ZERO,
            )
        )
    )


def _at_least_zero(count: ColumnElement[int]) -> ColumnElement[int]:
    return func.greatest(count, _ZERO)
