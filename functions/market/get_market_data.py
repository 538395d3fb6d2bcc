"""GET /market-data/{symbol}: the latest quote."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import QuoteOut, quote_out
from hub.entrypoints.wire import Symbol

api = Api(hub)


@api.get("/market-data/{symbol}", problems=(404, 503))
def get_market_data(symbol: Symbol, caller: Caller) -> QuoteOut:  # noqa: ARG001  # only for who is known
    return quote_out(hub().get_market_data(symbol))


handler = api.handler()
