"""Give a watchlist another name, other symbols, or another order of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.system import Clock
from hub.application.watchlists.lists import Lists
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


class ReplaceWatchlistCommand(NamedTuple):
    customer_id: CustomerId
    watchlist_id: str
    name: str
    symbols: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReplaceWatchlist:
    lists: Lists
    clock: Clock

    def __call__(self, command: ReplaceWatchlistCommand) -> Watchlist:
        """Raises as Lists does, and WatchlistFullError."""
        customer_id, watchlist_id, name, symbols = command
        watched, now = self.lists.watched(symbols), self.clock.now()
        return self.lists.change(
            customer_id, watchlist_id, lambda before: before.of(name, watched, now)
        )
