"""GET /watchlists/{watchlist_id}: a watchlist with the latest quotes."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.watchlists import WatchedOut, WatchlistOut, watched_out, watchlist_out
from hub.entrypoints.wire import UuidText

api = Api(hub)


class QuotedWatchlistOut(WatchlistOut):
    watched: list[WatchedOut]


@api.get("/watchlists/{watchlist_id}", problems=(404,))
def get_watchlist(watchlist_id: UuidText, caller: Caller) -> QuotedWatchlistOut:
    quoted = hub().get_watchlist(caller.customer_id, watchlist_id)
    return QuotedWatchlistOut(**dict(watchlist_out(quoted.watchlist)), watched=watched_out(quoted))


handler = api.handler()
