"""GET /watchlists: the caller's watchlists, oldest first."""

from hub.application.cursors import moment_place
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import Cursor
from hub.entrypoints.watchlists import WatchlistOut, watchlist_out
from hub.entrypoints.wire import Outgoing, PageSize

api = Api(hub)


class WatchlistList(Outgoing):
    """`next_cursor` asks for the page after this one; it is null on the last."""

    watchlists: list[WatchlistOut]
    next_cursor: str | None


@api.get("/watchlists")
def list_watchlists(
    caller: Caller, limit: PageSize = 50, cursor: Cursor | None = None
) -> WatchlistList:
    after = moment_place(cursor) if cursor else None
    page = hub().list_watchlists(caller.customer_id, after, limit)
    return WatchlistList(
        watchlists=[watchlist_out(each) for each in page.watchlists],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
