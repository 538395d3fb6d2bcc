"""One-time tokens, and what they open."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, exists, func, or_, select, update
from sqlalchemy.sql.selectable import ScalarSelect

from hub.adapters.postgres.statements.identity import IS_SOMEBODY, customer_columns, ending
from hub.adapters.postgres.statements.parts import OWNER, given, insert_from, text_of
from hub.adapters.postgres.statements.safety import noted
from hub.adapters.postgres.tables import api_keys, login_sessions, one_time_tokens, users
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import Ending

_HASH = given("token_hash", one_time_tokens.c.token_hash)
_PURPOSE = given("purpose", one_time_tokens.c.purpose)
_AT = given("at", one_time_tokens.c.used_at)


def create_one_time_token() -> Select[Any]:
    """One row unless the customer is erased; earlier tokens of the purpose are used up."""
    created_at = given("created_at", one_time_tokens.c.created_at)
    owner = select(users.c.user_id).where(users.c.user_id == OWNER, IS_SOMEBODY)
    found = owner.cte("owner")
    older = (
        update(one_time_tokens)
        .where(
            one_time_tokens.c.user_id == found.c.user_id,
            one_time_tokens.c.purpose == _PURPOSE,
            one_time_tokens.c.used_at.is_(None),
        )
        .values(used_at=created_at)
        .cte("older")
    )
    made = insert_from(
        found,
        one_time_tokens,
        token_hash=_HASH,
        user_id=found.c.user_id,
        purpose=_PURPOSE,
        created_at=created_at,
        expires_at=given("expires_at", one_time_tokens.c.expires_at),
    ).cte("made")
    return select(found.c.user_id).add_cte(older, made)


def find_owner_of_token() -> Select[Any]:
    return (
        select(*customer_columns())
        .select_from(one_time_tokens.join(users, users.c.user_id == one_time_tokens.c.user_id))
        .where(*_is_live(_PURPOSE))
    )


def reset_password() -> Select[bool, int]:
    """Columns: reset, ended. Sessions and keys end with the password that was lost."""
    token = _used(text_of(Purpose.RESET_PASSWORD))
    changed = (
        update(users)
        .where(users.c.user_id == token.c.user_id)
        .values(
            password_hash=given("password_hash", users.c.password_hash),
            email_verified_at=func.coalesce(users.c.email_verified_at, _AT),
        )
        .returning(users.c.user_id)
        .cte("changed")
    )
    ended = (
        ending()
        .where(login_sessions.c.user_id == changed.c.user_id)
        .values(ending=text_of(Ending.PASSWORD_CHANGED))
        .returning(login_sessions.c.session_id)
        .cte("ended")
    )
    revoked = (
        update(api_keys)
        .where(api_keys.c.user_id == changed.c.user_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=_AT)
        .cte("revoked")
    )
    return select(
        exists(select(changed.c.user_id)).label("reset"), _count(ended).label("ended")
    ).add_cte(revoked, noted(changed, "PasswordChanged", _AT))


def verify_email() -> Select[Any]:
    token = _used(text_of(Purpose.VERIFY_EMAIL))
    verified = (
        update(users)
        .where(users.c.user_id == token.c.user_id)
        .values(email_verified_at=func.coalesce(users.c.email_verified_at, _AT))
        .returning(users.c.user_id)
        .cte("verified")
    )
    return select(verified.c.user_id)


def _used(purpose: ColumnElement[str]) -> CTE:
    return (
        update(one_time_tokens)
        .where(*_is_live(purpose))
        .values(used_at=_AT)
        .returning(one_time_tokens.c.user_id)
        .cte("token")
    )


def _is_live(purpose: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """What was used at this very moment counts too: a statement may run twice."""
    return (
        one_time_tokens.c.token_hash == _HASH,
        one_time_tokens.c.purpose == purpose,
        or_(one_time_tokens.c.used_at.is_(None), one_time_tokens.c.used_at == _AT),
        one_time_tokens.c.expires_at > _AT,
    )


def _count(rows: CTE) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows).scalar_subquery()
