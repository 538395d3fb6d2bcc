"""Put a symbol on a watchlist, or at another place of it."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.system import Clock
from hub.application.watchlists.lists import Lists
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


class WatchSymbolCommand(NamedTuple):
    customer_id: CustomerId
    watchlist_id: str
    symbol: str
    place: int | None


@dataclass(frozen=True, slots=True)
class WatchSymbol:
    lists: Lists
    clock: Clock

    def __call__(self, command: WatchSymbolCommand) -> Watchlist:
        """Raises as Lists does, and WatchlistFullError."""
        customer_id, watchlist_id, symbol, place = command
        (watched,), now = self.lists.watched([symbol]), self.clock.now()
        return self.lists.change(
            customer_id, watchlist_id, lambda before: before.with_(watched, place, now)
        )
