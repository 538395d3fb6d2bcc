"""GET /instruments/{symbol}: one instrument."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import InstrumentOut
from hub.entrypoints.wire import Symbol

api = Api(hub)


@api.get("/instruments/{symbol}", problems=(404,))
def get_instrument(symbol: Symbol, caller: Caller) -> InstrumentOut:  # noqa: ARG001  # only for who is known
    return InstrumentOut(**hub().get_instrument(symbol)._asdict())


handler = api.handler()
