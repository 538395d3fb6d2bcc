"""GET /health/live: the platform answers."""

from hub.entrypoints.http import Api
from hub.entrypoints.wire import Outgoing

api = Api()


class Live(Outgoing):
    status: str


@api.get("/health/live")
def get_live() -> Live:
    return Live(status="alive")


handler = api.handler()
