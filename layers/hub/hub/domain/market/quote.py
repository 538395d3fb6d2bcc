"""The top of the book of one symbol at one moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.market.clock import MarketClock
from hub.domain.market.trade import (
    SessionPrint,
    session_print_from_record,
    session_print_record,
)

# order-semantics 1: older than this, a quote does not fill.
AGE_LIMIT = timedelta(seconds=5)


class Quote(NamedTuple):
    """`time` is market time. `quote_id` names this very quote in fills and timelines.

    `synthetic` marks a price that was interpolated between real prints. `last_close` marks one that
    is good to show and not to trade on: the quote that a session ended with, or, where no live
    quote was to be had, a close read from the daily bars.

    `last_*` tell of the trade that set `last`. `opening` is the opening print of this session or,
    between two, of the one before; `closing` is the closing print of the latest session that is
    over, and `closing_before` the one before it. What is not known is None, a size 0.
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
    last_size: Decimal = Decimal(0)
    last_trade_id: str | None = None
    last_time: datetime | None = None
    opening: SessionPrint | None = None
    closing: SessionPrint | None = None
    closing_before: SessionPrint | None = None

    @property
    def day_began(self) -> SessionPrint | None:
        """The close that the day's change is since: the last before the day of this quote. After
        the close, and until the next session opens, that day is still the same one."""
        closing = self.closing
        # Between two sessions a quote has the time of the close, which is on the session's day.
        if closing is not None and closing.day >= self.time.astimezone(UTC).date():
            return self.closing_before
        return closing

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
        "last_size": str(quote.last_size),
        "last_trade_id": quote.last_trade_id,
        "last_time": quote.last_time.isoformat() if quote.last_time else None,
        "opening": session_print_record(quote.opening) if quote.opening else None,
        "closing": session_print_record(quote.closing) if quote.closing else None,
        "closing_before": (
            session_print_record(quote.closing_before) if quote.closing_before else None
        ),
    }


def quote_from_record(record: dict[str, Any]) -> Quote:
    """The inverse of `quote_record`. Raises KeyError or ValueError on anything else."""
    last_time, opening, closing, before = (
        record[key] for key in ("last_time", "opening", "closing", "closing_before")
    )
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
        last_size=Decimal(record["last_size"]),
        last_trade_id=record["last_trade_id"],
        last_time=datetime.fromisoformat(last_time) if last_time else None,
        opening=session_print_from_record(opening) if opening else None,
        closing=session_print_from_record(closing) if closing else None,
        closing_before=session_print_from_record(before) if before else None,
    )
