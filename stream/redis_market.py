"""The market as Redis holds it: the latest quotes, the clock, and who leads."""

import json
import logging
from collections.abc import AsyncIterator, Sequence
from decimal import InvalidOperation
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hub.domain.market.clock import MarketClock, clock_from_record, clock_record
from hub.domain.market.quote import Quote, quote_from_record, quote_record
from hub.domain.market.trade import Trade, trade_record
from stream.link import Link
from stream.redis_script import RedisScript

log = logging.getLogger(__name__)

QUOTE_PREFIX = "market_data:"
QUOTE_LIFE_MS = 300_000
QUOTES_CHANNEL = "quotes"
TRADES_CHANNEL = "trades"
CLOCK_KEY = "market:clock"
LEADER_KEY = "stream:leader"

FAILURES = (RedisConnectionError, RedisTimeoutError, ReadOnlyError)
_SCAN_STEP = 1000
_SILENCE = 1.0
_RENEW = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
)
_RELEASE = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
)


class RedisMarket:
    """Every call raises UnavailableError while Redis is away, and works again when it is back."""

    def __init__(self, url: str) -> None:
        # The link decides when to try again; the client's own retries would hold the feed up.
        self._redis: Redis = Redis.from_url(url, decode_responses=True, retry=Retry(NoBackoff(), 0))
        self.link = Link("redis", FAILURES)

    async def publish(self, events: Sequence[Quote | Trade]) -> None:
        """One round trip for all of them, in their order."""
        if not events:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for event in events:
            if isinstance(event, Trade):
                pipeline.publish(TRADES_CHANNEL, json.dumps(trade_record(event)))
                continue
            text = json.dumps(quote_record(event))
            pipeline.set(QUOTE_PREFIX + event.symbol, text, px=QUOTE_LIFE_MS)
            pipeline.publish(QUOTES_CHANNEL, text)
        await self.link.attempt(pipeline.execute)

    async def quotes(self) -> list[Quote]:
        """The latest quote of every symbol."""
        return await self.link.attempt(self._quotes)

    async def save_clock(self, clock: MarketClock) -> None:
        text = json.dumps(clock_record(clock))
        await self.link.attempt(lambda: self._redis.set(CLOCK_KEY, text))

    async def load_clock(self) -> MarketClock | None:
        text = await self.link.attempt(lambda: self._redis.get(CLOCK_KEY))
        return clock_from_record(json.loads(text)) if text else None

    async def hold_lease(self, owner: str, life_ms: int) -> bool:
        """Whether `owner` leads for the next `life_ms`."""
        return await self.link.attempt(lambda: self._hold_lease(owner, life_ms))

    async def release_lease(self, owner: str) -> None:
        await self.link.attempt(lambda: self._eval(_RELEASE, owner))

    async def follow(self) -> AsyncIterator[Quote | None]:
        """Quotes as they are published; None each second without a readable one. Ends by
        UnavailableError."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await self.link.attempt(lambda: channel.subscribe(QUOTES_CHANNEL))
            while True:
                message = await self.link.attempt(lambda: channel.get_message(timeout=_SILENCE / 2))
                yield _quote(message["data"]) if message else None

    def script(self) -> RedisScript:
        return RedisScript(self._redis, self.link)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _quotes(self) -> list[Quote]:
        keys = [key async for key in self._redis.scan_iter(f"{QUOTE_PREFIX}*", _SCAN_STEP)]
        texts = await self._redis.mget(keys) if keys else []
        return [quote for text in texts if text and (quote := _quote(text))]

    async def _hold_lease(self, owner: str, life_ms: int) -> bool:
        if await self._eval(_RENEW, owner, str(life_ms)):
            return True
        return bool(await self._redis.set(LEADER_KEY, owner, nx=True, px=life_ms))

    async def _eval(self, script: str, *arguments: str) -> Any:
        return await self._redis.eval(script, 1, LEADER_KEY, *arguments)


def _quote(text: str | bytes) -> Quote | None:
    """What a task of another release wrote, this one may not be able to read."""
    try:
        return quote_from_record(json.loads(text))
    except (ValueError, KeyError, TypeError, InvalidOperation):
        log.exception("a quote in redis cannot be read")
        return None
