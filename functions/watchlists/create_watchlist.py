"""POST /watchlists: begin a watchlist."""

from hub.application.watchlists.create_watchlist import CreateWatchlistCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.watchlists import WatchlistIn, WatchlistOut, watchlist_out

api = Api(hub)


@api.post("/watchlists", status=201, problems=(404, 409, 422))
def create_watchlist(new: WatchlistIn, caller: Caller, request: Request) -> WatchlistOut:
    watchlist = hub().create_watchlist(
        CreateWatchlistCommand(caller.customer_id, new.name, new.symbols, request.idempotency_key)
    )
    return watchlist_out(watchlist)


handler = api.handler()
