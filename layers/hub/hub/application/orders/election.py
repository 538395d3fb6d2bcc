"""What the market did to an order at rest, as it travels from the trigger book to the decision.

Here the market's own records (`Quote`, `Trade`) become the events of the matching core.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from hub.domain.market.quote import Quote, quote_from_record, quote_record
from hub.domain.market.trade import Trade, trade_from_record, trade_record
from hub.domain.orders.events import Condition, QuoteEvent, TradeEvent


class Election(NamedTuple):
    """The quote that stood, and the trade if it was a trade that reached the order.

    `stop` and `mark` are those of a trailing stop just before; of other orders they are None.
    """

    quote: Quote | None
    trade: Trade | None
    stop: Decimal | None = None
    mark: Decimal | None = None

    @property
    def event_id(self) -> str:
        if self.trade is not None:
            return self.trade.trade_id
        return self.quote.quote_id if self.quote else ""


def election_text(election: Election) -> str:
    """For a message, whose fields are texts."""
    return json.dumps(
        {
            "quote": quote_record(election.quote) if election.quote else None,
            "trade": trade_record(election.trade) if election.trade else None,
            "stop": str(election.stop) if election.stop is not None else None,
            "mark": str(election.mark) if election.mark is not None else None,
        },
        separators=(",", ":"),
    )


def election_from(body: Mapping[str, str]) -> Election | None:
    """What a message says of an election, if it does. Raises KeyError or ValueError on garbage."""
    if "election" not in body:
        return None
    record = json.loads(body["election"])
    stop, mark = record["stop"], record["mark"]
    return Election(
        quote_from_record(record["quote"]) if record["quote"] else None,
        trade_from_record(record["trade"]) if record["trade"] else None,
        Decimal(stop) if stop is not None else None,
        Decimal(mark) if mark is not None else None,
    )


def quote_event(quote: Quote) -> QuoteEvent:
    return QuoteEvent(quote.bid, quote.ask, quote.bid_size, quote.ask_size, quote.quote_id)


def trade_event(trade: Trade) -> TradeEvent:
    return TradeEvent(trade.price, trade.size, trade.trade_id, Condition(trade.condition))


def last_trade_event(quote: Quote) -> TradeEvent | None:
    """The trade that the quote tells of; None where the feed has no trades."""
    if quote.last_trade_id is None:
        return None
    return TradeEvent(quote.last, quote.last_size, quote.last_trade_id)
