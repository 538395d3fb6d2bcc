"""Quotes and the market clock from Redis; what is not there, from the database.

Keys: `market:clock` and `market_data:{symbol}`, both JSON, written by the stream task. One MGET
reads all that a use case needs. Without Redis the answers stay right: the last close, marked so.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import InvalidOperation
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from hub.adapters.postgres.market import PostgresPrices
from hub.application.ports.market import MarketView
from hub.application.ports.system import Clock
from hub.domain.market.clock import MarketClock, clock_from_record
from hub.domain.market.quote import Quote, quote_from_record

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

Decoded = TypeVar("Decoded")
CLOCK_KEY = "market:clock"
QUOTE_KEY = "market_data:"
_LEAVE_ALONE_SECONDS = 2.0


def connect(url: str) -> "Redis":
    """A client that gives up soon. Importing the library is left to those who need it."""
    from redis import Redis  # noqa: PLC0415  # 100 ms of import that not every function pays

    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, protocol=3)


class RedisMarketData:
    """After a failure Redis is left alone for two seconds: nobody waits for it in vain twice."""

    def __init__(self, client: Callable[[], "Redis"], prices: PostgresPrices, clock: Clock) -> None:
        self._connect = client
        self._client: Redis | None = None
        self._prices = prices
        self._clock = clock
        self._again_at = 0.0

    def view(self, symbols: Sequence[str]) -> MarketView:
        values = self._read([CLOCK_KEY, *(QUOTE_KEY + symbol for symbol in symbols)])
        clock = _decoded(values[0], clock_from_record) or self._prices.clock()
        clock = clock or _stopped(self._clock.now())
        quotes: dict[str, Quote] = {}
        for symbol, value in zip(symbols, values[1:], strict=True):
            if quote := _decoded(value, quote_from_record):
                quotes[symbol] = quote
        missing = [symbol for symbol in symbols if symbol not in quotes]
        if missing:
            logger.warning("no live quote", extra={"symbols": missing})
            now = clock.held_at(self._clock.now())
            quotes.update(self._prices.last_closes(missing, now))
        return MarketView(clock, quotes)

    def _read(self, keys: Sequence[str]) -> list[Any]:
        from redis.exceptions import RedisError  # noqa: PLC0415  # see `connect`

        nothing: list[Any] = [None] * len(keys)
        if monotonic() < self._again_at:
            return nothing
        try:
            if self._client is None:
                self._client = self._connect()
            values: list[Any] = self._client.mget(keys)
        except RedisError as error:
            logger.warning("redis does not answer: %s", type(error).__name__)
            self._again_at = monotonic() + _LEAVE_ALONE_SECONDS
            return nothing
        return values


def _stopped(now: datetime) -> MarketClock:
    """Where nobody knows the market's time: a clock that stands, whose source is down."""
    return MarketClock(now, datetime.min.replace(tzinfo=UTC), 0.0)


def _decoded(value: Any, decode: Callable[[dict[str, Any]], Decoded]) -> Decoded | None:
    """A stored record, or None where there is none or it is garbage."""
    if value is None:
        return None
    try:
        return decode(json.loads(value))
    except (ValueError, KeyError, TypeError, InvalidOperation):
        logger.exception("a record in redis cannot be read")
        return None
