"""How orders are read, and where trailing stops are kept."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Delete,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub.adapters.postgres.statements.books import order_columns
from hub.adapters.postgres.statements.parts import (
    LIMIT,
    OWNER,
    TEXTS,
    given,
    one_of,
    rows,
    text_of,
    unless_given,
)
from hub.adapters.postgres.tables import (
    ID,
    account_events,
    accounts,
    executions,
    fee_schedule,
    orders,
    quotes_taken,
)
from hub.domain.orders.order import OPEN


def find_order() -> Select[Any]:
    return (
        select(*order_columns())
        .select_from(orders.join(accounts, accounts.c.account_id == orders.c.account_id))
        .where(
            orders.c.order_id == given("order_id", orders.c.order_id), accounts.c.user_id == OWNER
        )
    )


def find_submitted() -> Select[Any]:
    return select(*order_columns(), orders.c.request_hash).where(
        orders.c.account_id == given("account_id", orders.c.account_id),
        orders.c.client_order_id == given("client_order_id", orders.c.client_order_id),
    )


def list_history() -> Select[Any]:
    """Newest first. A filter that is NULL does not filter."""
    symbols = bindparam("b_symbols", type_=TEXTS)
    states = bindparam("b_states", type_=TEXTS)
    side = given("side", orders.c.side)
    account_id = given("account_id", orders.c.account_id)
    after, until = given("after", orders.c.created_at), given("until", orders.c.created_at)
    before = given("before", orders.c.created_at)
    mine = select(accounts.c.account_id).where(
        accounts.c.user_id == OWNER,
        unless_given(account_id, accounts.c.account_id == account_id),
    )
    place = tuple_(orders.c.created_at, orders.c.order_id)
    last = tuple_(before, given("before_id", orders.c.order_id))
    # Nested, what an order brought with it is shown under it, and not beside it.
    nested = bindparam("b_nested", type_=Boolean)
    is_first = orders.c.order_id == orders.c.group_id
    return (
        select(*order_columns())
        .where(
            orders.c.account_id.in_(mine),
            unless_given(symbols, orders.c.symbol == func.any(symbols)),
            unless_given(states, orders.c.state == func.any(states)),
            unless_given(side, orders.c.side == side),
            unless_given(after, orders.c.created_at > after),
            unless_given(until, orders.c.created_at <= until),
            unless_given(before, place < last),
            or_(~nested, orders.c.group_id.is_(None), orders.c.leg == text_of("entry"), is_first),
        )
        .order_by(orders.c.created_at.desc(), orders.c.order_id.desc())
        .limit(LIMIT)
    )


def list_timeline() -> Select[Any]:
    return (
        select(
            account_events.c.sequence,
            account_events.c.type,
            account_events.c.state_before,
            account_events.c.state_after,
            account_events.c.cause,
            account_events.c.detail,
            account_events.c.market_time,
            account_events.c.at,
        )
        .where(account_events.c.order_id == given("order_id", account_events.c.order_id))
        .order_by(account_events.c.sequence)
    )


def list_queued() -> Select[Any]:
    """Orders that wait and whose time has come, in that order, after a place among them."""
    after, after_id = given("after", orders.c.works_from), given("after_id", orders.c.order_id)
    place = tuple_(orders.c.works_from, orders.c.order_id)
    return (
        select(*order_columns())
        .where(
            orders.c.state == text_of("accepted"),
            orders.c.works_from <= given("moment", orders.c.works_from),
            unless_given(after, place > tuple_(after, after_id)),
        )
        .order_by(orders.c.works_from, orders.c.order_id)
        .limit(LIMIT)
    )


def find_fill() -> Select[Any]:
    """The execution of an order on an event, if there is one."""
    return select(executions.c.execution_id).where(
        executions.c.order_id == given("order_id", executions.c.order_id),
        executions.c.quote_id == given("event_id", executions.c.quote_id),
    )


def list_resting() -> Select[Any]:
    """Orders that the market may reach: working ones, and those that wait for their print."""
    return select(
        orders.c.order_id,
        orders.c.account_id,
        orders.c.symbol,
        orders.c.side,
        orders.c.limit_price,
        orders.c.stop_price,
        orders.c.trail_price,
        orders.c.trail_percent,
        orders.c.water_mark,
        orders.c.triggered_at.is_(None).label("waits"),
        orders.c.time_in_force,
        orders.c.extended_hours,
        orders.c.updated_at,
    ).where(
        or_(
            one_of(orders.c.state, ("new", "partially_filled")),
            and_(
                orders.c.state == text_of("accepted"),
                one_of(orders.c.time_in_force, ("opg", "cls")),
            ),
        ),
        orders.c.updated_at > given("since", orders.c.updated_at),
        orders.c.routed_at.is_(None),
    )


def save_marks() -> Update:
    """Of trailing stops that wait; the mark of a buy only falls, of a sale only rises."""
    source = rows("mark", orders, "order_id", "stop_price", "water_mark")
    onward = or_(
        and_(orders.c.side == text_of("buy"), source.c.water_mark < orders.c.water_mark),
        and_(orders.c.side == text_of("sell"), source.c.water_mark > orders.c.water_mark),
    )
    return (
        update(orders)
        .where(
            orders.c.order_id == source.c.order_id,
            one_of(orders.c.state, ("new", "partially_filled")),
            orders.c.triggered_at.is_(None),
            onward,
        )
        .values(stop_price=source.c.stop_price, water_mark=source.c.water_mark)
    )


def list_expired() -> Select[Any]:
    """Open orders whose time is over; of those at a venue only such as the venue does not end."""
    return (
        select(orders.c.order_id, orders.c.account_id)
        .where(
            one_of(orders.c.state, ("accepted", "held", "new", "partially_filled")),
            orders.c.expires_at <= given("moment", orders.c.expires_at),
            or_(orders.c.routed_at.is_(None), orders.c.time_in_force == text_of("gtd")),
        )
        .order_by(orders.c.expires_at, orders.c.order_id)
        .limit(LIMIT)
    )


def list_routed() -> Select[Any]:
    """Open orders at a venue, by the time at which they were routed, after a place among them."""
    after, after_id = given("after", orders.c.routed_at), given("after_id", orders.c.order_id)
    place = tuple_(orders.c.routed_at, orders.c.order_id)
    return (
        select(*order_columns())
        .where(
            orders.c.routed_at.is_not(None),
            one_of(orders.c.state, ("new", "partially_filled", "pending_cancel")),
            unless_given(after, place > tuple_(after, after_id)),
        )
        .order_by(orders.c.routed_at, orders.c.order_id)
        .limit(LIMIT)
    )


def list_open() -> Select[Any]:
    """A customer's open orders, oldest first, for those filters that are given."""
    account_id = given("account_id", orders.c.account_id)
    symbols = bindparam("b_symbols", type_=TEXTS)
    side = given("side", orders.c.side)
    mine = select(accounts.c.account_id).where(
        accounts.c.user_id == OWNER, unless_given(account_id, accounts.c.account_id == account_id)
    )
    return (
        select(*order_columns())
        .where(
            orders.c.account_id.in_(mine),
            one_of(orders.c.state, tuple(sorted(OPEN))),
            or_(bindparam("b_held", type_=Boolean), orders.c.state != text_of("held")),
            unless_given(symbols, orders.c.symbol == func.any(symbols)),
            unless_given(side, orders.c.side == side),
        )
        .order_by(orders.c.created_at, orders.c.order_id)
        .limit(LIMIT)
    )


def list_groups() -> Select[Any]:
    """Every order of some groups, of one customer."""
    groups = bindparam("b_groups", type_=ARRAY(ID))
    mine = select(accounts.c.account_id).where(accounts.c.user_id == OWNER)
    return (
        select(*order_columns())
        .where(orders.c.group_id == func.any(groups), orders.c.account_id.in_(mine))
        .order_by(orders.c.created_at, orders.c.order_id)
    )


def forget_quotes() -> Delete:
    """What was taken of quotes that nobody trades on any more."""
    return delete(quotes_taken).where(
        quotes_taken.c.taken_at < given("before", quotes_taken.c.taken_at)
    )


def list_fees() -> Select[Any]:
    return select(
        fee_schedule.c.kind,
        fee_schedule.c.since,
        fee_schedule.c.side,
        fee_schedule.c.basis,
        fee_schedule.c.rate,
        fee_schedule.c.least,
        fee_schedule.c.most,
        fee_schedule.c.places,
        fee_schedule.c.rounding,
    ).where(fee_schedule.c.market == given("market", fee_schedule.c.market))
