"""Take a symbol off a watchlist; one that is not on it stays off."""

from dataclasses import dataclass

from hub.application.ports.system import Clock
from hub.application.watchlists.lists import Lists
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class UnwatchSymbol:
    lists: Lists
    clock: Clock

    def __call__(self, customer_id: CustomerId, watchlist_id: str, symbol: str) -> Watchlist:
        """Raises as Lists does."""
        now = self.clock.now()
        return self.lists.change(
            customer_id, watchlist_id, lambda before: before.without(symbol, now)
        )
