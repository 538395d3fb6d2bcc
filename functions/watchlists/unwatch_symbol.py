"""DELETE /watchlists/{watchlist_id}/symbols/{symbol}: take a symbol off a watchlist."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.watchlists import WatchlistOut, watchlist_out
from hub.entrypoints.wire import Symbol, UuidText

api = Api(hub)


@api.delete("/watchlists/{watchlist_id}/symbols/{symbol}", problems=(404,))
def unwatch_symbol(watchlist_id: UuidText, symbol: Symbol, caller: Caller) -> WatchlistOut:
    return watchlist_out(hub().unwatch_symbol(caller.customer_id, watchlist_id, symbol))


handler = api.handler()
