"""The top of the book of one symbol at one moment."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.market.clock import MarketClock

# order-semantics 1: older than this, a quote does not fill.
AGE_LIMIT = timedelta(seconds=5)


class Quote(NamedTuple):
    """`time` is market time. `quote_id` names this very quote in fills and timelines.

    `synthetic` marks a price that was interpolated between real prints, `last_close` one that was
    read from the daily bars because no live quote was to be had.
    """

    quote_id: str
    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    bid_size: Decimal
    ask_size: Decimal
    time: datetime
    synthetic: bool = False
    last_close: bool = False

    def is_stale(self, clock: MarketClock, wall: datetime) -> bool:
        """Whether, when the wall shows `wall`, the quote is too old to trade on."""
        if self.last_close or clock.source_stopped(wall):
            return True
        return clock.held_at(wall) - self.time > clock.quote_age_limit(AGE_LIMIT)


def quote_record(quote: Quote) -> dict[str, Any]:
    """The quote as JSON has it: decimals as strings, time as RFC 3339 UTC."""
    return {
        "id": quote.quote_id,
        "symbol": quote.symbol,
        "bid": str(quote.bid),
        "ask": str(quote.ask),
        "last": str(quote.last),
        "bid_size": str(quote.bid_size),
        "ask_size": str(quote.ask_size),
        "time": quote.time.isoformat(),
        "synthetic": quote.synthetic,
        "last_close": quote.last_close,
    }


def quote_from_record(record: dict[str, Any]) -> Quote:
    """The inverse of `quote_record`. Raises KeyError or ValueError on anything else."""
    return Quote(
        quote_id=record["id"],
        symbol=record["symbol"],
        bid=Decimal(record["bid"]),
        ask=Decimal(record["ask"]),
        last=Decimal(record["last"]),
        bid_size=Decimal(record["bid_size"]),
        ask_size=Decimal(record["ask_size"]),
        time=datetime.fromisoformat(record["time"]),
        synthetic=bool(record["synthetic"]),
        last_close=bool(record["last_close"]),
    )
