"""POST /admin/market-data/cache/warm: fill the cache ahead, of symbols or of all."""

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing, SymbolList

api = Api(hub)


class WarmedOut(Outgoing):
    stored: int


@api.post("/admin/market-data/cache/warm", scope="admin", problems=(404, 503))
def warm_cache(caller: Caller, request: Request, symbols: SymbolList = ()) -> WarmedOut:
    who = Administrator(caller.customer_id, request.trace_id)
    return WarmedOut(stored=hub().warm_cache(symbols, who))


handler = api.handler()
