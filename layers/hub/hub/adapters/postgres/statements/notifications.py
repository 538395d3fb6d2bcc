"""Notifications: what an account's log holds to be told, and what has become of it."""

from typing import Any

from sqlalchemy import (
    Select,
    Update,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from hub.adapters.postgres.statements.parts import (
    LIMIT,
    OWNER,
    TEXTS,
    given,
    rows,
    text_of,
)
from hub.adapters.postgres.tables import (
    ID,
    account_events,
    accounts,
    instruments,
    notification_cursors,
    notification_preferences,
    notifications,
    orders,
)

_ACCOUNT = given("account_id", accounts.c.account_id)
_AT = given("at", notifications.c.created_at)
_CHANNEL = given("channel", notifications.c.channel)
_UNTIL = given("until", notifications.c.due_at)
_ONE: Any = literal_column("1")
_WAITING = text_of("waiting")
_WISHES = (
    "language",
    "time_zone",
    "choices",
    "quiet_begins",
    "quiet_ends",
    "daily_at",
)
_WRITTEN = (
    "notification_id",
    "event",
    "channel",
    "user_id",
    "topic",
    "kind",
    "facts",
    "due_at",
    "bundled",
    "created_at",
)


def _wishes() -> list[Any]:
    return [notification_preferences.c[name] for name in _WISHES]


def find_preferences() -> Select[Any]:
    table = notification_preferences
    return select(*_wishes(), table.c.phone).where(notification_preferences.c.user_id == OWNER)


def replace_preferences() -> ReturningInsert[Any]:
    table = notification_preferences
    wanted = {name: given(name, table.c[name]) for name in (*_WISHES, "phone")}
    wanted["updated_at"] = given("at", table.c.updated_at)
    return (
        insert(table)
        .values(user_id=OWNER, **wanted)
        .on_conflict_do_update(index_elements=["user_id"], set_=wanted)
        .returning(_ONE)
    )


def begin_notification_cursor() -> ReturningInsert[Any]:
    source = select(accounts.c.account_id, literal_column("0")).where(
        accounts.c.account_id == _ACCOUNT
    )
    return (
        insert(notification_cursors)
        .from_select(["account_id", "seen"], source)
        .on_conflict_do_nothing()
        .returning(_ONE)
    )


def lock_notification_cursor() -> Select[Any]:
    """Columns: seen, the log's head, the customer, and their wishes, NULL where none are."""
    return (
        select(
            notification_cursors.c.seen,
            accounts.c.event_sequence,
            accounts.c.user_id,
            *_wishes(),
        )
        .select_from(
            notification_cursors.join(
                accounts, accounts.c.account_id == notification_cursors.c.account_id
            ).outerjoin(
                notification_preferences, notification_preferences.c.user_id == accounts.c.user_id
            )
        )
        .where(notification_cursors.c.account_id == _ACCOUNT)
        .with_for_update(of=notification_cursors)
    )


def count_lately_of_account() -> Select[Any]:
    owner = select(accounts.c.user_id).where(accounts.c.account_id == _ACCOUNT).scalar_subquery()
    return (
        select(notifications.c.channel, func.count())
        .where(
            notifications.c.user_id == owner,
            notifications.c.created_at > given("since", notifications.c.created_at),
            ~notifications.c.bundled,
        )
        .group_by(notifications.c.channel)
    )


def list_order_news() -> Select[Any]:
    """As `OrderNews` has them. In a statement after the lock, so that it sees what is locked."""
    seen = (
        select(notification_cursors.c.seen)
        .where(notification_cursors.c.account_id == _ACCOUNT)
        .scalar_subquery()
    )
    event, order, instrument = account_events.c, orders.c, instruments.c
    return (
        select(
            event.sequence,
            event.type,
            event.detail,
            func.coalesce(event.market_time, event.at),
            order.order_id,
            order.symbol,
            order.side,
            order.quantity,
            order.filled_quantity,
            order.filled_value,
            order.fees,
            order.reason_code,
            order.reason,
            instrument.exchange,
            instrument.currency,
        )
        .select_from(
            account_events.join(orders, order.order_id == event.order_id).join(
                instruments, instrument.instrument_id == order.instrument_id
            )
        )
        .where(
            event.account_id == _ACCOUNT,
            event.sequence > seen,
            event.type == func.any(bindparam("b_kinds", type_=TEXTS)),
        )
        .order_by(event.sequence)
        .limit(LIMIT)
    )


def plan_notifications() -> Select[Any]:
    """Once per event and channel; and the log has been looked through as far as `b_seen`."""
    moved = (
        update(notification_cursors)
        .where(notification_cursors.c.account_id == _ACCOUNT)
        .values(seen=given("seen", notification_cursors.c.seen))
        .returning(_ONE)
        .cte("moved")
    )
    return select(_ONE).select_from(moved).add_cte(_added())


def _added() -> Any:
    source = rows("planned", notifications, *_WRITTEN)
    values: dict[str, Any] = {name: source.c[name] for name in _WRITTEN}
    values["state"] = _WAITING
    values["tries"] = literal_column("0")
    new = insert(notifications).from_select(
        list(values),
        select(*[value.label(name) for name, value in values.items()]).select_from(source),
        include_defaults=False,
    )
    return new.on_conflict_do_nothing().cte("added")


def list_due_recipients() -> Select[Any]:
    return (
        select(notifications.c.user_id, notifications.c.channel)
        .where(*_is_due())
        .group_by(notifications.c.user_id, notifications.c.channel)
        .order_by(func.min(notifications.c.due_at), notifications.c.user_id)
        .limit(LIMIT)
    )


def claim_notifications() -> Any:
    """Two that claim at once share nothing: what one has locked, the other skips."""
    due = (
        select(notifications.c.notification_id)
        .where(notifications.c.user_id == OWNER, notifications.c.channel == _CHANNEL, *_is_due())
        .order_by(notifications.c.notification_id)
        .limit(LIMIT)
        .with_for_update(skip_locked=True)
    )
    return (
        update(notifications)
        .where(notifications.c.notification_id.in_(due))
        .values(due_at=_UNTIL, tries=notifications.c.tries + _ONE)
        .returning(
            notifications.c.notification_id,
            notifications.c.topic,
            notifications.c.kind,
            notifications.c.facts,
            notifications.c.bundled,
            notifications.c.tries,
        )
    )


def end_notifications() -> Update:
    return (
        update(notifications)
        .where(_these(), notifications.c.state == _WAITING)
        .values(state=given("state", notifications.c.state), ended_at=_AT)
    )


def postpone_notifications() -> Update:
    return (
        update(notifications)
        .where(_these(), notifications.c.state == _WAITING)
        .values(due_at=_UNTIL)
    )


def prune_notifications() -> ReturningDelete[Any]:
    old = (
        select(notifications.c.notification_id)
        .where(notifications.c.ended_at < given("before", notifications.c.ended_at))
        .limit(LIMIT)
        .with_for_update(skip_locked=True)
    )
    return (
        delete(notifications)
        .where(notifications.c.notification_id.in_(old))
        .returning(notifications.c.notification_id)
    )


def _is_due() -> tuple[Any, ...]:
    return notifications.c.state == _WAITING, notifications.c.due_at <= _AT


def _these() -> Any:
    return notifications.c.notification_id == func.any(
        bindparam("b_notification_ids", type_=ARRAY(ID))
    )
