"""Watchlists in PostgreSQL."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database, Row
from hub.application.ports.watchlists import CreatedWatchlist, NameTakenError
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watched, Watchlist


@dataclass(frozen=True, slots=True)
class PostgresWatchlists:
    database: Database

    def create(self, new: Watchlist, most: int) -> CreatedWatchlist:
        asked = {**_mine(new.customer_id, new.watchlist_id), **_written(new), "b_most": most}
        with _names_taken():
            row = self.database.rows(compiled.CREATE_WATCHLIST, asked)[0]
        return CreatedWatchlist(*row)

    def of(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Watchlist]:
        last, last_id = after or (None, None)
        asked = {
            "b_user_id": customer_id,
            "b_after": last,
            "b_after_id": last_id,
            "b_limit": limit,
        }
        return _watchlists(self.database.rows(compiled.LIST_WATCHLISTS, asked))

    def find(self, customer_id: CustomerId, watchlist_id: str) -> Watchlist | None:
        asked = _mine(customer_id, watchlist_id)
        return _first(self.database.rows(compiled.FIND_WATCHLIST, asked))

    def find_shared(self, link_hash: bytes) -> Watchlist | None:
        asked = {"b_link_hash": link_hash}
        return _first(self.database.rows(compiled.FIND_SHARED_WATCHLIST, asked))

    def change(
        self, customer_id: CustomerId, watchlist_id: str, decide: Callable[[Watchlist], Watchlist]
    ) -> Watchlist | None:
        mine = _mine(customer_id, watchlist_id)
        load = [(compiled.LOCK_WATCHLIST, mine), (compiled.FIND_WATCHLIST, mine)]
        with _names_taken(), self.database.transaction(load) as (_, rows):
            before = _first(rows)
            if before is None:
                return None
            after = decide(before)
            if after == before:
                self.database.give_up()
            else:
                self.database.rows(compiled.CLEAR_WATCHLIST, mine)
                self.database.commit_with(compiled.WRITE_WATCHLIST, {**mine, **_written(after)})
        return after

    def link(self, customer_id: CustomerId, watchlist_id: str, link_hash: bytes | None) -> bool:
        asked = {**_mine(customer_id, watchlist_id), "b_link_hash": link_hash}
        return self.database.one(compiled.LINK_WATCHLIST, asked) is not None

    def delete(self, customer_id: CustomerId, watchlist_id: str) -> bool:
        asked = _mine(customer_id, watchlist_id)
        return self.database.one(compiled.DELETE_WATCHLIST, asked) is not None


@contextmanager
def _names_taken() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise NameTakenError from error


def _mine(customer_id: CustomerId, watchlist_id: str) -> dict[str, Any]:
    return {"b_user_id": customer_id, "b_watchlist_id": watchlist_id}


def _written(watchlist: Watchlist) -> dict[str, Any]:
    items = [(place, each.instrument_id) for place, each in enumerate(watchlist.watched)]
    return {
        "b_name": watchlist.name,
        "b_at": watchlist.updated_at,
        **arrays("item", "place instrument_id", items),
    }


def _first(rows: Iterable[Row]) -> Watchlist | None:
    return next(iter(_watchlists(rows)), None)


def _watchlists(rows: Iterable[Row]) -> list[Watchlist]:
    return [_watchlist(list(items)) for _, items in groupby(rows, key=itemgetter(0))]


def _watchlist(rows: Sequence[Row]) -> Watchlist:
    watchlist_id, customer_id, name, created_at, updated_at, shared, *_ = rows[0]
    watched = tuple(Watched(row[6], row[7]) for row in rows if row[6] is not None)
    return Watchlist(watchlist_id, customer_id, name, watched, created_at, updated_at, shared)
