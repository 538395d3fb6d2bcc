"""Let the link of a watchlist lead nowhere any more."""

from dataclasses import dataclass

from hub.application.ports.watchlists import Watchlists
from hub.application.watchlists.lists import no_watchlist
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class UnshareWatchlist:
    watchlists: Watchlists

    def __call__(self, customer_id: CustomerId, watchlist_id: str) -> None:
        """Raises NotFoundError, also for another customer's; not for one without a link."""
        if not self.watchlists.link(customer_id, watchlist_id, None):
            raise no_watchlist()
