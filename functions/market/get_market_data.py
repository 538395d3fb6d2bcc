"""GET /market-data/{symbol}: the latest quote."""

from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Money, Outgoing, Quantity, Symbol

api = Api(hub)


class QuoteOut(Outgoing):
    """`timestamp` is market time. `synthetic` marks a price between two real prints."""

    symbol: str
    quote_id: str
    bid: Money
    ask: Money
    last: Money
    bid_size: Quantity
    ask_size: Quantity
    timestamp: Moment
    stale: bool
    synthetic: bool


@api.get("/market-data/{symbol}", problems=(404, 503))
def get_market_data(symbol: Symbol, caller: Caller) -> QuoteOut:  # noqa: ARG001  # only for who is known
    seen = hub().get_market_data(symbol)
    quote = seen.quote
    return QuoteOut(
        symbol=quote.symbol,
        quote_id=quote.quote_id,
        bid=quote.bid,
        ask=quote.ask,
        last=quote.last,
        bid_size=quote.bid_size,
        ask_size=quote.ask_size,
        timestamp=quote.time,
        stale=seen.stale,
        synthetic=quote.synthetic,
    )


handler = api.handler()
