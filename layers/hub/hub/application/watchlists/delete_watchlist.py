"""Delete a watchlist, and its link with it."""

from dataclasses import dataclass

from hub.application.ports.watchlists import Watchlists
from hub.application.watchlists.lists import no_watchlist
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class DeleteWatchlist:
    watchlists: Watchlists

    def __call__(self, customer_id: CustomerId, watchlist_id: str) -> None:
        """Raises NotFoundError, also for another customer's."""
        if not self.watchlists.delete(customer_id, watchlist_id):
            raise no_watchlist()
