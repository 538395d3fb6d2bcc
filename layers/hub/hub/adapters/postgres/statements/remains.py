"""The past of identity, deleted: all kinds in one statement, so many rows of each."""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from hub.adapters.postgres.statements.parts import given
from hub.adapters.postgres.tables import (
    api_keys,
    login_attempts,
    login_sessions,
    one_time_tokens,
    refresh_tokens,
)

_OVER = given("over", login_sessions.c.ended_at)
_MOST = bindparam("b_most", type_=BigInteger())


def prune_identity() -> Select[Any]:
    """Column: how many. Two that prune at once share the rows: what one has locked, one skips."""
    sessions = _some(
        login_sessions.c.session_id,
        or_(
            login_sessions.c.ended_at < _OVER,
            login_sessions.c.expires_at < _OVER,
            login_sessions.c.used_at < given("used", login_sessions.c.used_at),
        ),
    )
    tokens = (
        delete(refresh_tokens)
        .where(refresh_tokens.c.session_id.in_(select(sessions.c.session_id)))
        .cte("tokens")
    )
    gone = [
        _deleted(login_sessions, login_sessions.c.session_id, sessions),
        _gone(
            one_time_tokens.c.token_hash,
            or_(one_time_tokens.c.used_at < _OVER, one_time_tokens.c.expires_at < _OVER),
        ),
        _gone(
            api_keys.c.key_id,
            or_(api_keys.c.revoked_at < _OVER, api_keys.c.expires_at < _OVER),
        ),
        _gone(
            login_attempts.c.key,
            login_attempts.c.last_at < given("attempted", login_attempts.c.last_at),
        ),
    ]
    first, *others = [select(func.count()).select_from(each).scalar_subquery() for each in gone]
    return select(sum(others, first).label("pruned")).add_cte(tokens)


def _gone(key: Column[Any], is_past: ColumnElement[bool]) -> CTE:
    return _deleted(key.table, key, _some(key, is_past))


def _some(key: Column[Any], is_past: ColumnElement[bool]) -> CTE:
    found = select(key).where(is_past).limit(_MOST).with_for_update(skip_locked=True)
    return found.cte(f"some_{key.table.name}")


def _deleted(table: Table, key: Column[Any], some: CTE) -> CTE:
    return (
        delete(table)
        .where(key.in_(select(some.c[key.name])))
        .returning(key)
        .cte(f"no_{table.name}")
    )
