"""All of a person, and what is left when they are erased."""

from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from hub.adapters.postgres.statements.identity import AT, IS_SOMEBODY, customer_columns
from hub.adapters.postgres.statements.parts import OWNER, text_of
from hub.adapters.postgres.tables import (
    accounts,
    api_keys,
    keys_to_shred,
    login_sessions,
    notification_preferences,
    notifications,
    one_time_tokens,
    recovery_codes,
    second_factors,
    users,
    watchlists,
)
from hub.domain.identity.sessions import Ending

# No argon2 hash: no password verifies against it.
_NO_PASSWORD = text_of("!")
_NOTHING: ColumnElement[Any] = literal_column("NULL")


def find_person() -> Select[Any]:
    return select(*customer_columns(), users.c.created_at).where(
        users.c.user_id == OWNER, IS_SOMEBODY
    )


def list_all_sessions() -> Select[Any]:
    return (
        select(
            login_sessions.c.session_id,
            login_sessions.c.address,
            login_sessions.c.agent,
            login_sessions.c.created_at,
            login_sessions.c.used_at,
            login_sessions.c.expires_at,
        )
        .where(login_sessions.c.user_id == OWNER)
        .order_by(login_sessions.c.created_at, login_sessions.c.session_id)
    )


def erase_person() -> Select[Any]:
    """The row of the person stays, for the books speak of it; nothing in it tells who it was."""
    person = (
        update(users)
        .where(users.c.user_id == OWNER)
        .values(
            email_index=_NOTHING,
            email=_NOTHING,
            name=_NOTHING,
            password_hash=_NO_PASSWORD,
            email_verified_at=_NOTHING,
        )
        .returning(users.c.user_id)
        .cte("person")
    )
    sessions = (
        update(login_sessions)
        .where(login_sessions.c.user_id == person.c.user_id)
        .values(
            address=_NOTHING,
            agent=_NOTHING,
            device=_NOTHING,
            ended_at=func.coalesce(login_sessions.c.ended_at, AT),
            ending=func.coalesce(login_sessions.c.ending, text_of(Ending.ERASED)),
        )
        .cte("sessions")
    )
    keys = (
        update(api_keys)
        .where(api_keys.c.user_id == person.c.user_id)
        .values(name=text_of("erased"), revoked_at=func.coalesce(api_keys.c.revoked_at, AT))
        .cte("keys")
    )
    named = (
        update(accounts)
        .where(accounts.c.user_id == person.c.user_id)
        .values(name=text_of("erased"))
        .cte("named_accounts")
    )
    shredding = (
        insert(keys_to_shred)
        .from_select(["user_id", "noted_at"], select(person.c.user_id, AT))
        .on_conflict_do_nothing()
        .cte("shredding")
    )
    gone = [
        delete(table).where(table.c.user_id == OWNER).cte(f"gone_{table.name}")
        for table in (
            recovery_codes,
            second_factors,
            one_time_tokens,
            watchlists,
            notification_preferences,
            notifications,
        )
    ]
    return select(person.c.user_id).add_cte(sessions, keys, named, shredding, *gone)
