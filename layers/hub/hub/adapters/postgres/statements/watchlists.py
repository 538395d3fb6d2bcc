"""Watchlists: a row for each instrument of each, in its order."""

from typing import Any

from sqlalchemy import (
    Delete,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from hub.adapters.postgres.statements.parts import (
    LIMIT,
    OWNER,
    given,
    insert_from,
    rows,
    unless_given,
)
from hub.adapters.postgres.tables import (
    instrument_symbols,
    users,
    watchlist_items,
    watchlists,
)

_ID = given("watchlist_id", watchlists.c.watchlist_id)
_NAME = given("name", watchlists.c.name)
_LINK = given("link_hash", watchlists.c.link_hash)
_ONE: Any = literal_column("1")
_MINE = and_(watchlists.c.watchlist_id == _ID, watchlists.c.user_id == OWNER)


def create_watchlist() -> Select[bool, bool]:
    """Columns: created, repeated. Under the customer's lock, so that no two count the same."""
    owner = select(users.c.user_id).where(users.c.user_id == OWNER).with_for_update().cte("owner")
    theirs = (
        select(func.count())
        .select_from(watchlists)
        .where(watchlists.c.user_id == owner.c.user_id)
        .scalar_subquery()
    )
    repeated = exists(select(_ONE).where(watchlists.c.watchlist_id == _ID))
    room = (
        select(owner.c.user_id)
        .where(theirs < bindparam("b_most", type_=Integer), ~repeated)
        .cte("room")
    )
    at = given("at", watchlists.c.created_at)
    made = (
        insert_from(
            room,
            watchlists,
            watchlist_id=_ID,
            user_id=room.c.user_id,
            name=_NAME,
            created_at=at,
            updated_at=at,
        )
        .returning(watchlists.c.watchlist_id)
        .cte("made")
    )
    item = rows("item", watchlist_items, "place", "instrument_id")
    filled = insert_from(
        made.join(item, true()),
        watchlist_items,
        watchlist_id=made.c.watchlist_id,
        place=item.c.place,
        instrument_id=item.c.instrument_id,
    ).cte("filled")
    return select(
        exists(select(made.c.watchlist_id)).label("created"), repeated.label("repeated")
    ).add_cte(filled)


def list_watchlists() -> Select[Any]:
    """Oldest first, a row for each instrument of each, in its order, and one for an empty list."""
    after = given("after", watchlists.c.created_at)
    last = tuple_(after, given("after_id", watchlists.c.watchlist_id))
    place = (watchlists.c.created_at, watchlists.c.watchlist_id)
    page = (
        select(watchlists)
        .where(watchlists.c.user_id == OWNER, unless_given(after, tuple_(*place) > last))
        .order_by(*place)
        .limit(LIMIT)
        .subquery("page")
    )
    return _with_items(page).order_by(
        page.c.created_at, page.c.watchlist_id, watchlist_items.c.place
    )


def find_watchlist() -> Select[Any]:
    found = select(watchlists).where(_MINE).subquery("found")
    return _with_items(found).order_by(watchlist_items.c.place)


def find_shared_watchlist() -> Select[Any]:
    found = select(watchlists).where(watchlists.c.link_hash == _LINK).subquery("found")
    return _with_items(found).order_by(watchlist_items.c.place)


def lock_watchlist() -> Select[Any]:
    return select(watchlists.c.watchlist_id).where(_MINE).with_for_update()


def clear_watchlist() -> Delete:
    return delete(watchlist_items).where(watchlist_items.c.watchlist_id == _ID)


def write_watchlist() -> Select[Any]:
    """Within a transaction that has locked and cleared it."""
    changed = (
        update(watchlists)
        .where(_MINE)
        .values(name=_NAME, updated_at=given("at", watchlists.c.updated_at))
        .returning(watchlists.c.watchlist_id)
        .cte("changed")
    )
    item = rows("item", watchlist_items, "place", "instrument_id")
    filled = insert_from(
        changed.join(item, true()),
        watchlist_items,
        watchlist_id=changed.c.watchlist_id,
        place=item.c.place,
        instrument_id=item.c.instrument_id,
    ).cte("filled")
    return select(changed.c.watchlist_id).add_cte(filled)


def link_watchlist() -> ReturningUpdate[Any]:
    return (
        update(watchlists).where(_MINE).values(link_hash=_LINK).returning(watchlists.c.watchlist_id)
    )


def delete_watchlist() -> ReturningDelete[Any]:
    return delete(watchlists).where(_MINE).returning(watchlists.c.watchlist_id)


def _with_items(found: Subquery) -> Select[Any]:
    today = and_(
        instrument_symbols.c.instrument_id == watchlist_items.c.instrument_id,
        instrument_symbols.c.valid_to.is_(None),
    )
    return select(
        found.c.watchlist_id,
        found.c.user_id,
        found.c.name,
        found.c.created_at,
        found.c.updated_at,
        found.c.link_hash.is_not(None).label("shared"),
        watchlist_items.c.instrument_id,
        instrument_symbols.c.symbol,
    ).select_from(
        found.outerjoin(
            watchlist_items.join(instrument_symbols, today),
            watchlist_items.c.watchlist_id == found.c.watchlist_id,
        )
    )
