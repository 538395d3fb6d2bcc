"""What customers hold: balances and positions in one row set, positions by page, open lots."""

from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.selectable import FromClause

from hub.adapters.postgres.statements.parts import (
    CURRENCY,
    LIMIT,
    OWNER,
    given,
    text_of,
    unless_given,
)
from hub.adapters.postgres.tables import (
    accounts,
    balances,
    executions,
    instrument_symbols,
    instruments,
    positions,
)

_ACCOUNT = given("account_id", accounts.c.account_id)
_ZERO: ColumnElement[Any] = literal_column("0", positions.c.quantity.type)
_ONE: ColumnElement[int] = literal_column("1", Integer)
_COVERED = given("covered", executions.c.quantity)
_NAMES = (instrument_symbols.c.symbol, instruments.c.name, instruments.c.category)
_STATE = (
    positions.c.quantity,
    positions.c.reserved,
    positions.c.cost,
    positions.c.realised,
)


def _named() -> FromClause:
    """Positions with the names of their instruments."""
    today = and_(
        instrument_symbols.c.instrument_id == positions.c.instrument_id,
        instrument_symbols.c.valid_to.is_(None),
    )
    return positions.join(
        instruments, instruments.c.instrument_id == positions.c.instrument_id
    ).join(instrument_symbols, today)


def load_portfolio() -> Select[Any]:
    """A row for each position of each account, or one without for an account that holds none."""
    named = _named()
    mine = accounts.join(
        balances,
        and_(balances.c.account_id == accounts.c.account_id, balances.c.currency == CURRENCY),
    )
    held = and_(positions.c.account_id == accounts.c.account_id, positions.c.quantity > _ZERO)
    return (
        select(
            accounts.c.account_id,
            balances.c.settled,
            balances.c.unsettled,
            balances.c.reserved.label("reserved_cash"),
            positions.c.instrument_id,
            *_NAMES,
            *_STATE,
        )
        .select_from(mine.outerjoin(named, held))
        .where(
            accounts.c.user_id == OWNER,
            unless_given(_ACCOUNT, accounts.c.account_id == _ACCOUNT),
        )
        .order_by(accounts.c.created_at, accounts.c.account_id)
    )


def page_positions() -> Select[Any]:
    """By symbol and account, each with the moment of its last execution."""
    # Nothing else tells the type of a parameter that may be NULL.
    held = cast(bindparam("b_held"), Boolean)
    after = given("after", instrument_symbols.c.symbol)
    last = tuple_(after, given("after_id", positions.c.account_id))
    traded = (
        select(executions.c.executed_at)
        .where(
            executions.c.account_id == positions.c.account_id,
            executions.c.instrument_id == positions.c.instrument_id,
        )
        .order_by(executions.c.executed_at.desc())
        .limit(_ONE)
        .scalar_subquery()
    )
    place = (instrument_symbols.c.symbol, positions.c.account_id)
    return (
        select(
            positions.c.account_id,
            positions.c.instrument_id,
            *_NAMES,
            *_STATE,
            traded.label("last_traded_at"),
        )
        .select_from(_named().join(accounts, accounts.c.account_id == positions.c.account_id))
        .where(
            accounts.c.user_id == OWNER,
            unless_given(_ACCOUNT, positions.c.account_id == _ACCOUNT),
            unless_given(held, (positions.c.quantity > _ZERO) == held),
            unless_given(after, tuple_(*place) > last),
        )
        .order_by(*place)
        .limit(LIMIT)
    )


def walk_lots() -> Select[Any]:
    """The newest purchases of a position that add up to it, found one after the other from the
    newest on; a row without purchase where a page has none. No row: nothing is held."""
    held = _held()
    walk = _walk(held)
    return (
        select(
            held.c.quantity,
            held.c.reserved,
            held.c.cost,
            held.c.realised,
            walk.c.execution_id,
            walk.c.order_id,
            walk.c.bought,
            walk.c.price,
            walk.c.value,
            walk.c.executed_at,
            walk.c.market_time,
            (walk.c.covered - walk.c.bought).label("newer"),
        )
        .select_from(held.outerjoin(walk, true()))
        .order_by(walk.c.step)
    )


def _held() -> CTE:
    return (
        select(positions.c.account_id, positions.c.instrument_id, *_STATE)
        .select_from(_named().join(accounts, accounts.c.account_id == positions.c.account_id))
        .where(
            accounts.c.user_id == OWNER,
            positions.c.account_id == _ACCOUNT,
            instrument_symbols.c.symbol == given("symbol", instrument_symbols.c.symbol),
            positions.c.quantity > _ZERO,
        )
        .cte("held")
    )


def _walk(held: CTE) -> CTE:
    before = given("before", executions.c.executed_at)
    last = tuple_(before, given("before_id", executions.c.execution_id))
    place = tuple_(executions.c.executed_at, executions.c.execution_id)
    newest = _newest(held, unless_given(before, place < last))
    walk = (
        select(*newest.c, (_COVERED + newest.c.bought).label("covered"), _ONE.label("step"))
        .select_from(held.join(newest, true()))
        .where(held.c.quantity > _COVERED)
        .cte("walk", recursive=True)
    )
    older = _newest(held, place < tuple_(walk.c.executed_at, walk.c.execution_id))
    return walk.union_all(
        select(*older.c, (walk.c.covered + older.c.bought), walk.c.step + _ONE)
        .select_from(walk.join(held, true()).join(older, true()))
        .where(walk.c.covered < held.c.quantity, walk.c.step < LIMIT)
    )


def _newest(held: CTE, condition: ColumnElement[bool]) -> FromClause:
    return (
        select(
            executions.c.execution_id,
            executions.c.order_id,
            executions.c.quantity.label("bought"),
            executions.c.price,
            executions.c.value,
            executions.c.executed_at,
            executions.c.market_time,
        )
        .where(
            executions.c.account_id == held.c.account_id,
            executions.c.instrument_id == held.c.instrument_id,
            executions.c.side == text_of("buy"),
            condition,
        )
        .order_by(executions.c.executed_at.desc(), executions.c.execution_id.desc())
        .limit(_ONE)
        .lateral()
    )
