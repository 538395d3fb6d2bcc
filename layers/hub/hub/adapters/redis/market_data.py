"""Quotes and the market clock from Redis; what is not there, from elsewhere.

Keys: `market:clock` and `market_data:{symbol}`, both JSON, written by the stream task. One MGET
reads all that a use case needs. Without Redis the answers stay right: the last close, marked so.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import InvalidOperation
from typing import Any, TypeVar

from hub.adapters.postgres.market import PostgresPrices
from hub.adapters.redis.link import RedisLink
from hub.application.ports.cache import CacheDownError
from hub.application.ports.market import MarketView
from hub.application.ports.system import Clock
from hub.domain.market.clock import MarketClock, clock_from_record
from hub.domain.market.quote import Quote, quote_from_record

logger = logging.getLogger(__name__)

Decoded = TypeVar("Decoded")
# Quotes of symbols, where the market's time is known.
Fallback = Callable[[Sequence[str], datetime], Mapping[str, Quote]]
CLOCK_KEY = "market:clock"
QUOTE_KEY = "market_data:"


class RedisMarketData:
    """`fallback` gives the quotes that are not in Redis."""

    def __init__(
        self, link: RedisLink, prices: PostgresPrices, clock: Clock, fallback: Fallback
    ) -> None:
        self._link = link
        self._prices = prices
        self._clock = clock
        self._fallback = fallback

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
            quotes.update(self._fallback(missing, clock.held_at(self._clock.now())))
        return MarketView(clock, quotes)

    def _read(self, keys: Sequence[str]) -> list[Any]:
        try:
            return self._link.run(lambda client: list(client.mget(keys)))
        except CacheDownError:
            return [None] * len(keys)


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
