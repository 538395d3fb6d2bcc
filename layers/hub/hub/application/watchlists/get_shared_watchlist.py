"""Show a watchlist to whoever has its link."""

from dataclasses import dataclass
from hashlib import sha256

from hub.application.ports.watchlists import Watchlists
from hub.application.watchlists.get_watchlist import QuotedWatchlist, Quoting
from hub.application.watchlists.lists import no_watchlist


@dataclass(frozen=True, slots=True)
class GetSharedWatchlist:
    watchlists: Watchlists
    quoting: Quoting

    def __call__(self, link: str) -> QuotedWatchlist:
        """Raises NotFoundError for a link that leads nowhere, or nowhere any more."""
        found = self.watchlists.find_shared(link_hash(link))
        if found is None:
            raise no_watchlist()
        return self.quoting(found)


def link_hash(link: str) -> bytes:
    """What is stored of a link: it holds 256 bits of chance, so a plain hash hides it."""
    return sha256(link.encode()).digest()
