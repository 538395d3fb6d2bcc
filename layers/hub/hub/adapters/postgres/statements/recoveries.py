"""The recovery of orders: each step moves its row, and is told in the same statement.

A step that its row has taken already changes and tells nothing. The account is locked first, as
everywhere; the books are not touched, for they may be what cannot be written.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningUpdate

from hub.adapters.postgres.statements.books import order_columns
from hub.adapters.postgres.statements.parts import (
    LIMIT,
    chained,
    given,
    insert_from,
    one_of,
    text_of,
)
from hub.adapters.postgres.tables import (
    account_events,
    accounts,
    audit_events,
    order_recoveries,
    orders,
    outbox,
)
from hub.domain.orders.order import OPEN

_ROW = order_recoveries.c
_ONE: ColumnElement[Any] = literal_column("1")
_ZERO: ColumnElement[Any] = literal_column("0")
_NULL: ColumnElement[Any] = literal_column("NULL")
_AT = given("at", _ROW.updated_at)
_ORDER_ID = given("order_id", _ROW.order_id)
_REASON = given("reason", _ROW.reason)
_TRIES = given("tries", _ROW.tries)
_WAITING, _MANUAL, _OVER = text_of("waiting"), text_of("manual"), text_of("over")
_OPEN = tuple(sorted(OPEN))


def find_any_order() -> Select[Any]:
    return select(*order_columns()).where(orders.c.order_id == _ORDER_ID)


def find_recovery() -> Select[Any]:
    return (
        select(*_recovery_columns(), *order_columns())
        .select_from(orders.join(order_recoveries, _ROW.order_id == orders.c.order_id))
        .where(orders.c.order_id == _ORDER_ID)
    )


def list_troubled() -> Select[Any]:
    """Open orders that nothing moves, or that a person has to decide; longest in trouble first."""
    silent = and_(
        orders.c.state == text_of("pending_new"),
        orders.c.created_at < given("silent_since", orders.c.created_at),
    )
    overdue = and_(
        orders.c.state == text_of("accepted"),
        orders.c.works_from < given("due_before", orders.c.works_from),
        orders.c.updated_at < given("silent_since", orders.c.updated_at),
        ~one_of(orders.c.time_in_force, ("opg", "cls")),
    )
    manual = given("manual", orders.c.post_only)
    in_trouble = or_(
        _ROW.state == _MANUAL,
        and_(~manual, or_(_ROW.state == _WAITING, silent, overdue)),
    )
    since = func.coalesce(_ROW.began_at, orders.c.created_at)
    return (
        select(*_recovery_columns(), *order_columns())
        .select_from(
            orders.outerjoin(
                order_recoveries,
                and_(_ROW.order_id == orders.c.order_id, _ROW.state != _OVER),
            )
        )
        .where(one_of(orders.c.state, _OPEN), in_trouble)
        .order_by(since, orders.c.order_id)
        .limit(LIMIT)
    )


def begin_recovery() -> Select[Any]:
    account = _locked_account()
    values = {
        "order_id": _ORDER_ID,
        "account_id": account.c.account_id,
        "episode": _ONE,
        "state": _WAITING,
        "tries": _ZERO,
        "reason": _REASON,
        "message": given("message", _ROW.message),
        "began_at": _AT,
        "updated_at": _AT,
    }
    new = postgresql.insert(order_recoveries).from_select(
        list(values),
        select(*[value.label(name) for name, value in values.items()]).select_from(account),
        include_defaults=False,
    )
    again = {name: new.excluded[name] for name in ("reason", "message", "began_at", "updated_at")}
    changed = new.on_conflict_do_update(
        index_elements=["order_id"],
        set_={
            **again,
            "episode": _ROW.episode + _ONE,
            "state": _WAITING,
            "tries": _ZERO,
            "next_try_at": _NULL,
            "task_token": _NULL,
        },
        where=_ROW.state == _OVER,
    ).returning(_ROW.account_id)
    return _told(changed.cte("changed"))


def plan_retry() -> Select[Any]:
    """Known by its number of tries: the same plan again is no news."""
    news = or_(_ROW.state == _MANUAL, _ROW.next_try_at.is_(None), _ROW.tries != _TRIES)
    changed = _moved(
        and_(_ROW.state != _OVER, _ROW.episode == given("episode", _ROW.episode), news),
        state=_WAITING,
        tries=_TRIES,
        reason=_REASON,
        next_try_at=given("next_try_at", _ROW.next_try_at),
        task_token=_NULL,
    )
    return _told(changed.cte("changed"))


def ask_person() -> Select[Any]:
    changed = _moved(
        and_(_ROW.state == _WAITING, _ROW.episode == given("episode", _ROW.episode)),
        state=_MANUAL,
        tries=_TRIES,
        reason=_REASON,
        next_try_at=_NULL,
        task_token=given("task_token", _ROW.task_token),
    )
    return _told(changed.cte("changed"))


def renew_task_token() -> ReturningUpdate[Any]:
    """The machine asks anew, as it does each day: only who waits for the answer has changed."""
    return (
        update(order_recoveries)
        .where(
            _ROW.order_id == _ORDER_ID,
            _ROW.state == _MANUAL,
            _ROW.episode == given("episode", _ROW.episode),
        )
        .values(task_token=given("task_token", _ROW.task_token), tries=_TRIES, reason=_REASON)
        .returning(_ONE)
    )


def end_recovery() -> Select[Any]:
    changed = _moved(
        _ROW.state != _OVER,
        state=_OVER,
        reason=_REASON,
        next_try_at=_NULL,
        task_token=_NULL,
    )
    return _told(changed.cte("changed"))


def _recovery_columns() -> list[Any]:
    """As `Recovery` has them."""
    names = (
        "episode",
        "state",
        "tries",
        "reason",
        "message",
        "next_try_at",
        "task_token",
        "began_at",
        "updated_at",
    )
    return [_ROW[name].label(f"recovery_{name}") for name in names]


def _moved(where: Any, **values: Any) -> ReturningUpdate[Any]:
    account = _locked_account()
    return (
        update(order_recoveries)
        .where(_ROW.order_id == _ORDER_ID, _ROW.account_id == account.c.account_id, where)
        .values(**values, updated_at=_AT)
        .returning(_ROW.account_id)
    )


def _locked_account() -> CTE:
    """Of the order, if it has that account."""
    account_id = given("account_id", accounts.c.account_id)
    owned = select(orders.c.account_id).where(
        orders.c.order_id == _ORDER_ID, orders.c.account_id == account_id
    )
    return (
        select(accounts.c.account_id)
        .where(accounts.c.account_id == owned.scalar_subquery())
        .with_for_update()
        .cte("account")
    )


def _told(changed: CTE) -> Select[Any]:
    """Event, audit link and announcement of a row that moved. A row of 1 where it did."""
    payload = given("audit_payload", audit_events.c.payload)
    head = (
        update(accounts)
        .where(accounts.c.account_id == changed.c.account_id)
        .values(
            event_sequence=accounts.c.event_sequence + _ONE,
            audit_sequence=accounts.c.audit_sequence + _ONE,
            audit_hash=chained(payload),
        )
        .returning(
            accounts.c.account_id,
            accounts.c.event_sequence,
            accounts.c.audit_sequence,
            accounts.c.audit_hash,
        )
        .cte("head")
    )
    event = insert_from(
        head,
        account_events,
        account_id=head.c.account_id,
        sequence=head.c.event_sequence,
        type=given("kind", account_events.c.type),
        order_id=given("order_id", account_events.c.order_id),
        cause=given("cause", account_events.c.cause),
        detail=given("detail", account_events.c.detail),
        market_time=given("market_time", account_events.c.market_time),
        at=_AT,
    ).cte("event_row")
    audit = insert_from(
        head,
        audit_events,
        account_id=head.c.account_id,
        sequence=head.c.audit_sequence,
        payload=payload,
        hash=head.c.audit_hash,
        at=_AT,
    ).cte("audit_row")
    message = (
        insert_from(
            head,
            outbox,
            message_id=given("message_id", outbox.c.message_id),
            account_id=head.c.account_id,
            destination=given("destination", outbox.c.destination),
            body=given("body", outbox.c.body),
            created_at=_AT,
        )
        .returning(_ONE)
        .cte("message_row")
    )
    return select(_ONE).select_from(message).add_cte(event, audit)
