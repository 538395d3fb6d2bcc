"""GET /shared-watchlists/{link}: a watchlist that its owner shares, for whoever has the link."""

from typing import Annotated

from pydantic import Field

from hub.bootstrap import hub
from hub.entrypoints.http import Api
from hub.entrypoints.watchlists import WatchedOut, watched_out
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class SharedWatchlist(Outgoing):
    """It tells nothing of its owner."""

    name: str
    watched: list[WatchedOut]
    updated_at: Moment


@api.get("/shared-watchlists/{link}", problems=(404,))
def get_shared_watchlist(link: Annotated[str, Field(max_length=100)]) -> SharedWatchlist:
    quoted = hub().get_shared_watchlist(link)
    return SharedWatchlist(
        name=quoted.watchlist.name,
        watched=watched_out(quoted),
        updated_at=quoted.watchlist.updated_at,
    )


handler = api.handler()
