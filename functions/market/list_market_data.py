"""GET /market-data: the latest quotes of several symbols."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.market import QuoteOut, quote_out
from hub.entrypoints.wire import Outgoing, SymbolList

api = Api(hub)


class QuoteList(Outgoing):
    """In the order asked; `without_price` are symbols of which no price is known."""

    quotes: list[QuoteOut]
    without_price: list[str]


@api.get("/market-data", problems=(404,))
def list_market_data(symbols: SymbolList, caller: Caller) -> QuoteList:  # noqa: ARG001  # only for who is known
    seen = hub().list_market_data(symbols)
    return QuoteList(
        quotes=[quote_out(each) for each in seen.quotes], without_price=list(seen.without_price)
    )


handler = api.handler()
