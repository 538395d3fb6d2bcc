"""Make the link by which others may read a watchlist; an earlier one leads nowhere any more."""

from dataclasses import dataclass

from hub.application.ports.system import Secrets
from hub.application.ports.watchlists import Watchlists
from hub.application.watchlists.get_shared_watchlist import link_hash
from hub.application.watchlists.lists import no_watchlist
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class ShareWatchlist:
    watchlists: Watchlists
    secrets: Secrets

    def __call__(self, customer_id: CustomerId, watchlist_id: str) -> str:
        """Raises NotFoundError, also for another customer's."""
        link = self.secrets.token()
        if not self.watchlists.link(customer_id, watchlist_id, link_hash(link)):
            raise no_watchlist()
        return link
