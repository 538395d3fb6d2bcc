"""PUT /watchlists/{watchlist_id}: another name, other symbols, or another order of them."""

from hub.application.watchlists.replace_watchlist import ReplaceWatchlistCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.watchlists import WatchlistIn, WatchlistOut, watchlist_out
from hub.entrypoints.wire import UuidText

api = Api(hub)


@api.put("/watchlists/{watchlist_id}", problems=(404, 409, 422))
def replace_watchlist(watchlist_id: UuidText, new: WatchlistIn, caller: Caller) -> WatchlistOut:
    watchlist = hub().replace_watchlist(
        ReplaceWatchlistCommand(caller.customer_id, watchlist_id, new.name, new.symbols)
    )
    return watchlist_out(watchlist)


handler = api.handler()
