"""DELETE /watchlists/{watchlist_id}: delete a watchlist, and its link with it."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class DeletedWatchlist(Outgoing):
    watchlist_id: str


@api.delete("/watchlists/{watchlist_id}", problems=(404,))
def delete_watchlist(watchlist_id: UuidText, caller: Caller) -> DeletedWatchlist:
    hub().delete_watchlist(caller.customer_id, watchlist_id)
    return DeletedWatchlist(watchlist_id=watchlist_id)


handler = api.handler()
