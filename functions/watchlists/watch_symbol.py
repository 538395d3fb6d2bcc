"""PUT /watchlists/{watchlist_id}/symbols/{symbol}: put a symbol on it, or at another place."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.application.watchlists.watch_symbol import WatchSymbolCommand
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.watchlists import WatchlistOut, watchlist_out
from hub.entrypoints.wire import Symbol, UuidText, digits

api = Api(hub)

Place = Annotated[
    int, BeforeValidator(digits), Field(ge=0, le=19, description="from 0 on; else the end")
]


@api.put("/watchlists/{watchlist_id}/symbols/{symbol}", problems=(404, 422))
def watch_symbol(
    watchlist_id: UuidText, symbol: Symbol, caller: Caller, place: Place | None = None
) -> WatchlistOut:
    watchlist = hub().watch_symbol(
        WatchSymbolCommand(caller.customer_id, watchlist_id, symbol, place)
    )
    return watchlist_out(watchlist)


handler = api.handler()
