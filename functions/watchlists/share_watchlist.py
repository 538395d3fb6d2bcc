"""PUT /watchlists/{watchlist_id}/link: make the link by which others may read a watchlist."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import PREFIX, Api, Caller
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class WatchlistLink(Outgoing):
    """An earlier link leads nowhere any more."""

    watchlist_id: str
    link: Annotated[str, Field(description="it is not shown again")]
    path: str


@api.put("/watchlists/{watchlist_id}/link", scope="customer", problems=(404,))
def share_watchlist(watchlist_id: UuidText, caller: Caller) -> WatchlistLink:
    link = hub().share_watchlist(caller.customer_id, watchlist_id)
    path = f"{PREFIX}/shared-watchlists/{link}"
    return WatchlistLink(watchlist_id=watchlist_id, link=link, path=path)


handler = api.handler()
