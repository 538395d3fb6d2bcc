"""What the market's handlers take and show."""

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from hub.entrypoints.wire import Moment, Money, Outgoing, Quantity

if TYPE_CHECKING:
    from hub.application.market.get_feed_clock import FeedNow
    from hub.application.market.get_market_data import SeenQuote

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day_form", "a day is wanted, as 2012-06-01")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("day_form", "there is no such day") from error
    if not _FIRST <= day <= _LAST:
        raise PydanticCustomError("range", "a day of the years 1900 to 2100 is wanted")
    return day


DayIn = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2012-06-01"]}),
]
Cursor = Annotated[str, Field(max_length=200)]


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


class InstrumentOut(Outgoing):
    instrument_id: str
    symbol: str
    name: str
    category: str
    exchange: str
    currency: str


class FeedClockOut(Outgoing):
    """`virtual` is whether the clock may be moved. Open hours pass at `speed`, unless `paused`;
    `running` is false while nobody keeps the clock. `next_close` is that of the session under way,
    or of the next one."""

    feed: str
    virtual: bool
    speed: float
    paused: bool
    running: bool
    timestamp: Moment
    wall_time: Moment
    is_open: bool
    session_date: str | None
    next_open: Moment | None
    next_close: Moment | None


def feed_clock_out(feed: "FeedNow") -> FeedClockOut:
    course, now = feed.course, feed.now
    closing = now.session or now.following
    return FeedClockOut(
        feed=course.feed,
        virtual=course.virtual,
        speed=course.speed,
        paused=course.paused,
        running=now.running,
        timestamp=now.time,
        wall_time=now.wall,
        is_open=now.is_open,
        session_date=now.session.day.isoformat() if now.session else None,
        next_open=now.following.open if now.following else None,
        next_close=closing.close if closing else None,
    )


def quote_out(seen: "SeenQuote") -> QuoteOut:
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
