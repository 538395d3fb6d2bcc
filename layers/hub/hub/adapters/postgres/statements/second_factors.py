"""Second factors and their recovery codes."""

from typing import Any

from sqlalchemy import Select, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from hub.adapters.postgres.statements.parts import OWNER, given, insert_from
from hub.adapters.postgres.statements.safety import noted
from hub.adapters.postgres.tables import recovery_codes, second_factors

_AT = given("at", second_factors.c.created_at)
_STEP = given("step", second_factors.c.last_step)


def begin_second_factor() -> ReturningInsert[Any]:
    """No row where a confirmed one is in the way."""
    secret = given("secret", second_factors.c.secret)
    new = insert(second_factors).values(
        user_id=OWNER, secret=secret, last_step=literal_column("0"), created_at=_AT
    )
    return new.on_conflict_do_update(
        index_elements=[second_factors.c.user_id],
        set_={"secret": secret, "last_step": literal_column("0"), "created_at": _AT},
        where=second_factors.c.confirmed_at.is_(None),
    ).returning(second_factors.c.user_id)


def find_second_factor() -> Select[Any]:
    confirmed = second_factors.c.confirmed_at.is_not(None)
    return select(second_factors.c.secret, second_factors.c.last_step, confirmed).where(
        second_factors.c.user_id == OWNER
    )


def confirm_second_factor() -> Select[Any]:
    """With its recovery codes, in place of any before them."""
    confirmed = (
        update(second_factors)
        .where(second_factors.c.user_id == OWNER, second_factors.c.confirmed_at.is_(None))
        .values(confirmed_at=_AT, last_step=_STEP)
        .returning(second_factors.c.user_id)
        .cte("confirmed")
    )
    hashes = bindparam("b_hashes", type_=ARRAY(recovery_codes.c.code_hash.type))
    each = func.unnest(hashes).table_valued("code_hash", name="codes").render_derived()
    source = select(confirmed.c.user_id, each.c.code_hash).select_from(confirmed, each).subquery()
    codes = insert_from(
        source, recovery_codes, user_id=source.c.user_id, code_hash=source.c.code_hash
    ).cte("codes_row")
    return select(confirmed.c.user_id).add_cte(codes, noted(confirmed, "SecondFactorAdded", _AT))


def take_step() -> ReturningUpdate[Any]:
    return (
        update(second_factors)
        .where(second_factors.c.user_id == OWNER, second_factors.c.last_step < _STEP)
        .values(last_step=_STEP)
        .returning(second_factors.c.user_id)
    )


def take_recovery_code() -> ReturningUpdate[Any]:
    return (
        update(recovery_codes)
        .where(
            recovery_codes.c.user_id == OWNER,
            recovery_codes.c.code_hash == given("code_hash", recovery_codes.c.code_hash),
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=given("used_at", recovery_codes.c.used_at))
        .returning(recovery_codes.c.user_id)
    )


def remove_second_factor() -> Select[Any]:
    """One that was never confirmed guarded nothing: that it goes is no news."""
    codes = delete(recovery_codes).where(recovery_codes.c.user_id == OWNER).cte("codes")
    removed = (
        delete(second_factors)
        .where(second_factors.c.user_id == OWNER)
        .returning(second_factors.c.user_id, second_factors.c.confirmed_at)
        .cte("removed")
    )
    guarding = select(removed.c.user_id).where(removed.c.confirmed_at.is_not(None)).cte("guarding")
    return select(removed.c.user_id).add_cte(codes, noted(guarding, "SecondFactorRemoved", _AT))
