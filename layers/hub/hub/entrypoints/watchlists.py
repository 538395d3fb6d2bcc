"""What the handlers of watchlists take and show."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from hub.entrypoints.market import QuoteOut, quote_out
from hub.entrypoints.wire import Incoming, Moment, Outgoing, Symbol

if TYPE_CHECKING:
    from hub.application.watchlists.get_watchlist import QuotedWatchlist
    from hub.domain.watchlists.watchlist import Watchlist


class WatchlistIn(Incoming):
    """`symbols` in the order in which they are to be shown; one that stands twice is taken once."""

    name: Annotated[
        str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["Technology"])
    ]
    symbols: Annotated[list[Symbol], Field(max_length=100, default_factory=list)]


class WatchlistOut(Outgoing):
    """`shared` tells whether there is a link by which others may read it."""

    watchlist_id: str
    name: str
    symbols: list[str]
    shared: bool
    created_at: Moment
    updated_at: Moment


class WatchedOut(Outgoing):
    """`quote` is null where no price is known."""

    symbol: str
    quote: QuoteOut | None


def watchlist_out(watchlist: "Watchlist") -> WatchlistOut:
    return WatchlistOut(
        watchlist_id=watchlist.watchlist_id,
        name=watchlist.name,
        symbols=watchlist.symbols,
        shared=watchlist.shared,
        created_at=watchlist.created_at,
        updated_at=watchlist.updated_at,
    )


def watched_out(quoted: "QuotedWatchlist") -> list[WatchedOut]:
    quotes = quoted.quotes
    return [
        WatchedOut(symbol=symbol, quote=quote_out(quotes[symbol]) if symbol in quotes else None)
        for symbol in quoted.watchlist.symbols
    ]
