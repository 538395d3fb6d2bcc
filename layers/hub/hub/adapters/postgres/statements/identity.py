"""Customers, their sessions, and the tokens that renew them."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    Update,
    and_,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.postgres.statements.accounts import first_rows
from hub.adapters.postgres.statements.parts import CURRENCY, OWNER, given, insert_from, text_of
from hub.adapters.postgres.statements.safety import noted
from hub.adapters.postgres.tables import (
    accounts,
    api_keys,
    login_sessions,
    refresh_tokens,
    users,
)
from hub.domain.identity.sessions import Ending

AT = given("at", login_sessions.c.used_at)
_SESSION = given("session_id", login_sessions.c.session_id)
_ENDING = given("ending", login_sessions.c.ending)
_FRESH = given("fresh", refresh_tokens.c.token_hash)
_GIVEN = (
    "user_id", "email_index", "email", "name", "key_master", "password_hash", "created_at",
)  # fmt: skip
IS_SOMEBODY = users.c.email_index.is_not(None)


def find_known_by_index() -> Select[Any]:
    return _known().where(users.c.email_index == given("email_index", users.c.email_index))


def find_known_by_id() -> Select[Any]:
    return _known().where(users.c.user_id == OWNER, IS_SOMEBODY)


def _known() -> Select[Any]:
    """As `Known` has them: nothing of it is sealed."""
    return select(users.c.user_id, users.c.email_index, users.c.password_hash, users.c.admin)


def find_user_by_id() -> Select[Any]:
    return select(*customer_columns()).where(users.c.user_id == OWNER, IS_SOMEBODY)


def find_sealed_email() -> Select[Any]:
    return select(users.c.email).where(users.c.user_id == OWNER, IS_SOMEBODY)


def customer_columns() -> tuple[ColumnElement[Any], ...]:
    """As `Customer` has them, still sealed."""
    return (
        users.c.user_id,
        users.c.email,
        users.c.name,
        users.c.password_hash,
        users.c.admin,
        users.c.email_verified_at.is_not(None),
    )


def register_customer() -> Select[Any]:
    """A customer, a first account, its empty balance, and the first link of its audit chain."""
    at = given("created_at", users.c.created_at)
    customer = (
        insert(users)
        .values({name: given(name, users.c[name]) for name in _GIVEN})
        .returning(users.c.user_id)
        .cte("customer")
    )
    account = (
        insert_from(
            customer,
            accounts,
            account_id=given("account_id", accounts.c.account_id),
            user_id=customer.c.user_id,
            name=given("account_name", accounts.c.name),
            kind=text_of("paper"),
            currency=CURRENCY,
            created_at=at,
            event_sequence=literal_column("1"),
            audit_sequence=literal_column("1"),
            audit_hash=given("audit_hash", accounts.c.audit_hash),
        )
        .returning(accounts.c.account_id, accounts.c.audit_hash)
        .cte("account")
    )
    return select(account.c.account_id).add_cte(*first_rows(account, at, "registered"))


def open_session() -> Select[Any]:
    columns = ("session_id", "user_id", "address", "agent", "device", "created_at", "expires_at")
    values = {name: given(name, login_sessions.c[name]) for name in columns}
    session = (
        insert(login_sessions)
        .values({**values, "used_at": values["created_at"]})
        .returning(*login_sessions.c["session_id", "user_id", "created_at"])
        .cte("session")
    )
    token = insert_from(
        session,
        refresh_tokens,
        token_hash=given("token_hash", refresh_tokens.c.token_hash),
        session_id=session.c.session_id,
        created_at=session.c.created_at,
    ).cte("token")
    device = _unseen_device(session)
    noted_device = noted(device, "NewDevice", values["created_at"])
    return select(session.c.session_id).add_cte(token, noted_device)


def _unseen_device(session: CTE) -> CTE:
    """A row where the customer has been here before, but never so. The first time is no news."""
    one: Any = literal_column("1")
    before = select(one).where(login_sessions.c.user_id == session.c.user_id)
    alike = before.where(login_sessions.c.device == given("device", login_sessions.c.device))
    return select(session.c.user_id).where(exists(before), ~exists(alike)).cte("device")


def rotate_refresh_token() -> Select[Any]:
    """Columns: session_id, user_id, admin, reused. No row: nobody's token, or a session's past.

    A token that was used, and not for this very rotation, ends its session.
    """
    session = _presented()
    used = (
        update(refresh_tokens)
        .where(
            refresh_tokens.c.token_hash == session.c.token_hash,
            session.c.token_used_at.is_(None),
        )
        .values(used_at=AT)
        .returning(refresh_tokens.c.session_id)
        .cte("used")
    )
    fresh = insert_from(
        used,
        refresh_tokens,
        token_hash=_FRESH,
        session_id=used.c.session_id,
        created_at=AT,
    ).cte("fresh")
    renewed = (
        update(login_sessions)
        .where(login_sessions.c.session_id == used.c.session_id)
        .values(used_at=AT)
        .cte("renewed")
    )
    # The statement may run twice when its answer is lost: then the fresh token is there already.
    repeated = exists(
        select(literal_column("1")).where(
            refresh_tokens.c.token_hash == _FRESH,
            refresh_tokens.c.session_id == session.c.session_id,
        )
    )
    reused = and_(session.c.token_used_at.is_not(None), ~repeated)
    ended = (
        ending()
        .where(login_sessions.c.session_id == session.c.session_id, reused)
        .values(ending=text_of(Ending.TOKEN_REUSED))
        .returning(login_sessions.c.user_id)
        .cte("ended")
    )
    return (
        select(session.c.session_id, session.c.user_id, users.c.admin, reused.label("reused"))
        .select_from(session.join(users, users.c.user_id == session.c.user_id))
        .add_cte(fresh, renewed, noted(ended, "SessionsEnded", AT))
    )


def _presented() -> CTE:
    """The live session of the presented token, both locked: of several at once, one is first."""
    return (
        select(
            refresh_tokens.c.token_hash,
            refresh_tokens.c.used_at.label("token_used_at"),
            login_sessions.c.session_id,
            login_sessions.c.user_id,
        )
        .select_from(
            refresh_tokens.join(
                login_sessions, login_sessions.c.session_id == refresh_tokens.c.session_id
            )
        )
        .where(
            refresh_tokens.c.token_hash == given("presented", refresh_tokens.c.token_hash),
            *_is_live(),
            login_sessions.c.used_at > given("idle_since", login_sessions.c.used_at),
        )
        .with_for_update()
        .cte("session")
    )


def find_live_session() -> CompoundSelect[Any]:
    """A log-in's, or the API key that stands for one."""
    session = select(login_sessions.c.session_id).where(
        login_sessions.c.session_id == _SESSION, *_is_live()
    )
    key = select(api_keys.c.key_id).where(
        api_keys.c.key_id == _SESSION,
        api_keys.c.revoked_at.is_(None),
        api_keys.c.expires_at > AT,
    )
    return session.union_all(key)


def list_sessions_of_user() -> Select[Any]:
    return (
        select(
            login_sessions.c.session_id,
            login_sessions.c.address,
            login_sessions.c.agent,
            login_sessions.c.created_at,
            login_sessions.c.used_at,
            login_sessions.c.expires_at,
        )
        .where(
            login_sessions.c.user_id == OWNER,
            *_is_live(),
            login_sessions.c.used_at > given("idle_since", login_sessions.c.used_at),
        )
        .order_by(login_sessions.c.used_at.desc(), login_sessions.c.session_id)
    )


def _is_live() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return login_sessions.c.ended_at.is_(None), login_sessions.c.expires_at > AT


def end_session() -> ReturningUpdate[Any]:
    return _ended_by(_ENDING).where(login_sessions.c.session_id == _SESSION)


def end_sessions() -> Select[Any]:
    ended = _ended_by(_ENDING).returning(login_sessions.c.user_id).cte("ended")
    return select(ended.c.session_id).add_cte(noted(ended, "SessionsEnded", AT))


def _ended_by(why: ColumnElement[str]) -> ReturningUpdate[Any]:
    return (
        ending()
        .where(login_sessions.c.user_id == OWNER)
        .values(ending=why)
        .returning(login_sessions.c.session_id)
    )


def ending() -> Update:
    """What ended at this very moment counts too: the statement may run twice."""
    return (
        update(login_sessions)
        .where(
            or_(login_sessions.c.ended_at.is_(None), login_sessions.c.ended_at == AT),
            login_sessions.c.expires_at > AT,
        )
        .values(ended_at=AT)
    )


def rehash_password() -> Update:
    return (
        update(users)
        .where(
            users.c.user_id == OWNER,
            users.c.password_hash == given("old_hash", users.c.password_hash),
        )
        .values(password_hash=given("new_hash", users.c.password_hash))
    )


def change_password() -> Select[Any]:
    """Columns: changed, ended. The customer's other sessions end with the old password."""
    new_hash = given("new_hash", users.c.password_hash)
    changed = (
        update(users)
        .where(
            users.c.user_id == OWNER,
            users.c.password_hash.in_([given("old_hash", users.c.password_hash), new_hash]),
        )
        .values(password_hash=new_hash)
        .returning(users.c.user_id)
        .cte("changed")
    )
    ended = (
        ending()
        .where(
            login_sessions.c.user_id == changed.c.user_id, login_sessions.c.session_id != _SESSION
        )
        .values(ending=text_of(Ending.PASSWORD_CHANGED))
        .returning(login_sessions.c.session_id)
        .cte("ended")
    )
    return select(
        exists(select(changed.c.user_id)).label("changed"),
        select(func.count()).select_from(ended).scalar_subquery().label("ended"),
    ).add_cte(noted(changed, "PasswordChanged", AT))
