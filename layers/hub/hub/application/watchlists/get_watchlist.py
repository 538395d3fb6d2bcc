"""Show a watchlist with the latest quotes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.market.get_market_data import SeenQuote
from hub.application.ports.market import MarketData
from hub.application.ports.system import Clock
from hub.application.ports.watchlists import Watchlists
from hub.application.watchlists.lists import no_watchlist
from hub.domain.kernel import CustomerId
from hub.domain.watchlists.watchlist import Watchlist


class QuotedWatchlist(NamedTuple):
    """`quotes` by symbol, of those that have a price."""

    watchlist: Watchlist
    quotes: Mapping[str, SeenQuote]


@dataclass(frozen=True, slots=True)
class Quoting:
    market_data: MarketData
    clock: Clock

    def __call__(self, watchlist: Watchlist) -> QuotedWatchlist:
        view, now = self.market_data.view(watchlist.symbols), self.clock.now()
        return QuotedWatchlist(
            watchlist,
            {
                symbol: SeenQuote(quote, quote.is_stale(view.clock, now))
                for symbol, quote in view.quotes.items()
            },
        )


@dataclass(frozen=True, slots=True)
class GetWatchlist:
    watchlists: Watchlists
    quoting: Quoting

    def __call__(self, customer_id: CustomerId, watchlist_id: str) -> QuotedWatchlist:
        """Raises NotFoundError, also for another customer's."""
        found = self.watchlists.find(customer_id, watchlist_id)
        if found is None:
            raise no_watchlist()
        return self.quoting(found)
