"""GET /admin/market/clock: what drives the market, and how its clock runs."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import FeedClockOut, feed_clock_out

api = Api(hub)


@api.get("/admin/market/clock", scope="admin", problems=(503,))
def get_feed_clock(caller: Caller) -> FeedClockOut:  # noqa: ARG001  # only for who is known
    return feed_clock_out(hub().get_feed_clock())


handler = api.handler()
