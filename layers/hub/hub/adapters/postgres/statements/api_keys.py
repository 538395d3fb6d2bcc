"""API keys: made under their account's lock, found by the hash of what is presented."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.postgres.statements.parts import OWNER, given, insert_from
from hub.adapters.postgres.statements.safety import noted
from hub.adapters.postgres.tables import ID, accounts, api_keys

_AT = given("at", api_keys.c.used_at)
_ACCOUNT = given("account_id", accounts.c.account_id)
_GIVEN = ("key_id", "name", "scope", "token_hash", "created_at", "expires_at")


def create_api_key() -> Select[bool, bool]:
    """Columns: account_found, created."""
    created_at = given("created_at", api_keys.c.created_at)
    account = (
        select(accounts.c.account_id)
        .where(
            accounts.c.account_id == _ACCOUNT,
            accounts.c.user_id == OWNER,
            accounts.c.closed_at.is_(None),
        )
        .with_for_update()
        .cte("account")
    )
    mine = given("key_id", api_keys.c.key_id)
    live = (
        select(func.count())
        .select_from(api_keys)
        .where(api_keys.c.account_id == account.c.account_id, *_is_live(created_at))
        .scalar_subquery()
    )
    # The statement may run twice when its answer is lost: then the key is there already.
    repeated = exists(select(literal_column("1")).where(api_keys.c.key_id == mine))
    room = (
        select(account.c.account_id)
        .where(live < bindparam("b_most", type_=Integer), ~repeated)
        .cte("room")
    )
    new = insert_from(
        room,
        api_keys,
        account_id=room.c.account_id,
        user_id=OWNER,
        **{name: given(name, api_keys.c[name]) for name in _GIVEN},
    )
    made = new.returning(api_keys.c.user_id).cte("made")
    return select(
        exists(select(account.c.account_id)).label("account_found"),
        or_(exists(select(room.c.account_id)), repeated).label("created"),
    ).add_cte(noted(made, "ApiKeyCreated", created_at))


def list_api_keys() -> Select[Any]:
    """One row without a key where the account has none, and no row where it is another's."""
    return (
        select(
            api_keys.c.key_id,
            api_keys.c.name,
            api_keys.c.scope,
            api_keys.c.created_at,
            api_keys.c.expires_at,
            api_keys.c.used_at,
        )
        .select_from(
            accounts.outerjoin(
                api_keys,
                (api_keys.c.account_id == accounts.c.account_id)
                & api_keys.c.revoked_at.is_(None)
                & (api_keys.c.expires_at > _AT),
            )
        )
        .where(accounts.c.account_id == _ACCOUNT, accounts.c.user_id == OWNER)
        .order_by(api_keys.c.created_at.desc(), api_keys.c.key_id.desc())
    )


def revoke_api_key() -> ReturningUpdate[Any]:
    """What was revoked at this very moment counts too: the statement may run twice."""
    return (
        update(api_keys)
        .where(
            api_keys.c.key_id == given("key_id", api_keys.c.key_id),
            api_keys.c.account_id == _ACCOUNT,
            api_keys.c.user_id == OWNER,
            or_(api_keys.c.revoked_at.is_(None), api_keys.c.revoked_at == _AT),
        )
        .values(revoked_at=_AT)
        .returning(api_keys.c.key_id)
    )


def use_api_key() -> ReturningUpdate[Any]:
    return (
        update(api_keys)
        .where(api_keys.c.token_hash == given("token_hash", api_keys.c.token_hash), *_is_live(_AT))
        .values(used_at=_AT)
        .returning(
            api_keys.c.key_id,
            api_keys.c.user_id,
            api_keys.c.account_id,
            api_keys.c.scope,
            api_keys.c.expires_at,
        )
    )


def list_live_api_keys() -> Select[Any]:
    wanted = bindparam("b_key_ids", type_=ARRAY(ID))
    return select(api_keys.c.key_id).where(
        api_keys.c.key_id == func.any(wanted), *_is_live(given("at", api_keys.c.expires_at))
    )


def _is_live(at: ColumnElement[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return api_keys.c.revoked_at.is_(None), api_keys.c.expires_at > at
