"""The account stream: the log of an account, and who listens to it."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    Select,
    Update,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningDelete

from hub.adapters.postgres.statements.parts import LIMIT, OWNER, given
from hub.adapters.postgres.tables import (
    ID,
    account_events,
    accounts,
    api_keys,
    login_sessions,
    stream_connections,
    stream_subscriptions,
)

_CONNECTION = given("connection_id", stream_connections.c.connection_id)
_ACCOUNT = given("account_id", accounts.c.account_id)
_MOST = bindparam("b_most", type_=Integer)
_TOLD = bindparam("b_told", type_=BigInteger)
_ONE_SUBSCRIPTION = (
    stream_subscriptions.c.connection_id == _CONNECTION,
    stream_subscriptions.c.account_id == _ACCOUNT,
)


def find_log_head() -> Select[Any]:
    return select(accounts.c.event_sequence).where(
        accounts.c.account_id == _ACCOUNT, accounts.c.user_id == OWNER
    )


_EVENT = (
    account_events.c.sequence,
    account_events.c.type,
    account_events.c.order_id,
    account_events.c.state_before,
    account_events.c.state_after,
    account_events.c.cause,
    account_events.c.detail,
    account_events.c.market_time,
    account_events.c.at,
)


def list_events_after() -> Select[Any]:
    return (
        select(*_EVENT)
        .where(
            account_events.c.account_id == _ACCOUNT,
            account_events.c.sequence > bindparam("b_after", type_=BigInteger),
        )
        .order_by(account_events.c.sequence)
        .limit(LIMIT)
    )


def list_events_of_places() -> Select[Any]:
    """What follows each of many places, a place being an account and a sequence number."""
    account_ids = bindparam("b_places_account_id", type_=ARRAY(ID))
    sequences = bindparam("b_places_sequence", type_=ARRAY(BigInteger))
    places = (
        func.unnest(account_ids, sequences)
        .table_valued(
            Column("account_id", ID),
            Column("sequence", BigInteger),
            with_ordinality="number",
        )
        .render_derived("places")
    )
    following = (
        select(*_EVENT)
        .where(
            account_events.c.account_id == places.c.account_id,
            account_events.c.sequence > places.c.sequence,
        )
        .order_by(account_events.c.sequence)
        .limit(bindparam("b_each", type_=Integer))
        .lateral("following")
    )
    return (
        select(places.c.number, *following.c)
        .select_from(places.join(following, true()))
        .order_by(places.c.number, following.c.sequence)
        .limit(LIMIT)
    )


def open_connection() -> Insert:
    columns = list(stream_connections.c)
    theirs = (
        select(func.count())
        .select_from(stream_connections)
        .where(
            stream_connections.c.user_id == OWNER,
            stream_connections.c.expires_at > given("opened_at", stream_connections.c.opened_at),
        )
        .scalar_subquery()
    )
    return (
        insert(stream_connections)
        .from_select(
            [column.name for column in columns],
            select(*[given(column.name, column) for column in columns]).where(theirs < _MOST),
        )
        .returning(literal_column("1"))
    )


def find_connection() -> Select[Any]:
    return select(*stream_connections.c).where(stream_connections.c.connection_id == _CONNECTION)


def renew_connection() -> Update:
    return (
        update(stream_connections)
        .where(stream_connections.c.connection_id == _CONNECTION)
        .values(
            session_id=given("session_id", stream_connections.c.session_id),
            expires_at=given("expires_at", stream_connections.c.expires_at),
        )
    )


def close_connection() -> Delete:
    return delete(stream_connections).where(stream_connections.c.connection_id == _CONNECTION)


def subscribe_account() -> Insert:
    """Nothing is inserted for a connection that is gone, or that listens to enough accounts."""
    others = (
        select(func.count())
        .select_from(stream_subscriptions)
        .where(
            stream_subscriptions.c.connection_id == _CONNECTION,
            stream_subscriptions.c.account_id != _ACCOUNT,
        )
        .scalar_subquery()
    )
    source = select(stream_connections.c.connection_id, _ACCOUNT, _TOLD).where(
        stream_connections.c.connection_id == _CONNECTION, others < _MOST
    )
    return (
        insert(stream_subscriptions)
        .from_select(["connection_id", "account_id", "told"], source)
        .on_conflict_do_update(index_elements=["connection_id", "account_id"], set_={"told": _TOLD})
        .returning(literal_column("1"))
    )


def unsubscribe_account() -> ReturningDelete[Any]:
    return delete(stream_subscriptions).where(*_ONE_SUBSCRIPTION).returning(literal_column("1"))


def list_listening() -> Select[Any]:
    account_ids = bindparam("b_account_ids", type_=ARRAY(ID))
    return (
        select(stream_subscriptions.c.connection_id, stream_subscriptions.c.account_id)
        .select_from(
            stream_subscriptions.join(
                stream_connections,
                stream_connections.c.connection_id == stream_subscriptions.c.connection_id,
            )
        )
        .where(
            stream_subscriptions.c.account_id == func.any(account_ids),
            stream_connections.c.expires_at > given("at", stream_connections.c.expires_at),
            _is_live(),
        )
        .order_by(stream_subscriptions.c.account_id, stream_subscriptions.c.connection_id)
    )


def lock_subscription() -> Select[Any]:
    return select(stream_subscriptions.c.told).where(*_ONE_SUBSCRIPTION).with_for_update()


def tell_subscription() -> Update:
    return update(stream_subscriptions).where(*_ONE_SUBSCRIPTION).values(told=_TOLD)


def _is_live() -> ColumnElement[bool]:
    """The log-in, or the key, that a connection was opened by has not ended."""
    opened_by = stream_connections.c.session_id
    session: Select[Any] = select(literal_column("1")).where(
        login_sessions.c.session_id == opened_by, login_sessions.c.ended_at.is_(None)
    )
    key: Select[Any] = select(literal_column("1")).where(
        api_keys.c.key_id == opened_by, api_keys.c.revoked_at.is_(None)
    )
    return or_(exists(session), exists(key))


def list_expired_connections() -> Select[Any]:
    return (
        select(stream_connections.c.connection_id)
        .where(
            or_(
                stream_connections.c.expires_at <= given("at", stream_connections.c.expires_at),
                ~_is_live(),
            )
        )
        .order_by(stream_connections.c.expires_at)
        .limit(LIMIT)
    )
