"""DELETE /admin/market-data/cache: forget what the cache holds of symbols, or everything."""

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing, SymbolList

api = Api(hub)


class DroppedOut(Outgoing):
    dropped: int


@api.delete("/admin/market-data/cache", scope="admin", problems=(404, 503))
def drop_cache(caller: Caller, request: Request, symbols: SymbolList = ()) -> DroppedOut:
    who = Administrator(caller.customer_id, request.trace_id)
    return DroppedOut(dropped=hub().drop_cache(who, symbols))


handler = api.handler()
