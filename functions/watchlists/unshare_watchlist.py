"""DELETE /watchlists/{watchlist_id}/link: let the link lead nowhere any more."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class UnsharedWatchlist(Outgoing):
    watchlist_id: str


@api.delete("/watchlists/{watchlist_id}/link", scope="customer", problems=(404,))
def unshare_watchlist(watchlist_id: UuidText, caller: Caller) -> UnsharedWatchlist:
    hub().unshare_watchlist(caller.customer_id, watchlist_id)
    return UnsharedWatchlist(watchlist_id=watchlist_id)


handler = api.handler()
