"""Show a customer's watchlists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.cursors import moment_cursor
from hub.application.ports.watchlists import Watchlists
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


class WatchlistPage(NamedTuple):
    watchlists: Sequence[Watchlist]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListWatchlists:
    watchlists: Watchlists

    def __call__(
        self, customer_id: CustomerId, after: tuple[datetime, str] | None, limit: int
    ) -> WatchlistPage:
        """One page, oldest first."""
        found = self.watchlists.of(customer_id, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        cursor = moment_cursor(page[-1].created_at, page[-1].watchlist_id) if more else None
        return WatchlistPage(page, cursor)
