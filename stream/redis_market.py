"""The market as Redis holds it: the latest quotes, the clock, and who leads."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import InvalidOperation
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hub.domain.market.clock import MarketClock, clock_from_record, clock_record
from hub.domain.market.course import Course, course_from_record, course_record
from hub.domain.market.quote import Quote, quote_record
from stream.feed import Stored
from stream.link import Link
from stream.redis_script import RedisScript
from stream.redis_tickets import RedisTickets
from stream.redis_wishes import RedisWishes
from stream.updates import QUOTES, Update, update_from_record

log = logging.getLogger(__name__)

QUOTE_PREFIX = "market_data:"
QUOTE_LIFE_MS = 300_000
# What is told, in order: who was away reads on where it was.
UPDATES_KEY = "market:updates"
CLOCK_KEY = "market:clock"
COURSE_FIELD = "course"
LEADER_KEY = "stream:leader"

FAILURES = (RedisConnectionError, RedisTimeoutError, ReadOnlyError)
_SCAN_STEP = 1000
_FIELD = "updates"
_KEPT = 2_000
_AT_ONCE = 500
_SILENCE_MS = 500
# The numbers of what stands without having been told.
_UNTOLD = {"channel": QUOTES, "epoch": 0, "position": 0, "sequence": 0}
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

    async def publish(self, updates: Sequence[Update]) -> None:
        """One round trip for all of them, in their order."""
        if not updates:
            return
        pipeline = self._redis.pipeline(transaction=False)
        records = [update.record() for update in updates]
        for record in records:
            text = json.dumps(record)
            if record["channel"] == QUOTES:
                pipeline.set(QUOTE_PREFIX + record["symbol"], text, px=QUOTE_LIFE_MS)
            pipeline.publish(record["channel"], text)
        pipeline.xadd(UPDATES_KEY, {_FIELD: json.dumps(records)}, maxlen=_KEPT)
        await self.link.attempt(pipeline.execute)

    async def restate(self, quotes: Sequence[Quote]) -> None:
        """For who reads the latest; nobody is told."""
        if not quotes:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for quote in quotes:
            record = {**quote_record(quote), **_UNTOLD}
            pipeline.set(QUOTE_PREFIX + quote.symbol, json.dumps(record), px=QUOTE_LIFE_MS)
        await self.link.attempt(pipeline.execute)

    async def quotes(self) -> list[Update]:
        """The latest quote of every symbol."""
        return await self.link.attempt(self._quotes)

    async def told(self) -> tuple[str, list[Update]]:
        """What was told lately, in order, and from where to `follow`."""
        entries: Any = await self.link.attempt(
            lambda: self._redis.xrevrange(UPDATES_KEY, count=_KEPT)
        )
        last = str(entries[0][0]) if entries else "0-0"
        return last, [update for _, fields in reversed(entries) for update in _updates(fields)]

    async def follow(self, last: str) -> AsyncIterator[list[Update]]:
        """What is told after `last`; an empty list after each half second without anything. Ends by
        UnavailableError."""
        while True:
            after = last
            found: Any = await self.link.attempt(
                lambda: self._redis.xread({UPDATES_KEY: after}, _AT_ONCE, _SILENCE_MS)  # noqa: B023
            )
            entries = [entry for _, entries in found or () for entry in entries]
            last = entries[-1][0] if entries else last
            yield [update for _, fields in entries for update in _updates(fields)]

    async def save_clock(self, clock: MarketClock, course: Course) -> None:
        """Both in one value: neither is ever there without the other."""
        text = json.dumps({**clock_record(clock), COURSE_FIELD: course_record(course)})
        await self.link.attempt(lambda: self._redis.set(CLOCK_KEY, text))

    async def load_clock(self) -> Stored | None:
        text = await self.link.attempt(lambda: self._redis.get(CLOCK_KEY))
        if not text:
            return None
        record = json.loads(text)
        course = record.get(COURSE_FIELD)
        return Stored(clock_from_record(record), course_from_record(course) if course else None)

    async def hold_lease(self, owner: str, life_ms: int) -> bool:
        """Whether `owner` leads for the next `life_ms`."""
        return await self.link.attempt(lambda: self._hold_lease(owner, life_ms))

    async def release_lease(self, owner: str) -> None:
        await self.link.attempt(lambda: self._eval(_RELEASE, owner))

    def tickets(self) -> RedisTickets:
        return RedisTickets(self._redis, self.link)

    def script(self) -> RedisScript:
        return RedisScript(self._redis, self.link)

    def wishes(self) -> RedisWishes:
        return RedisWishes(self._redis, self.link)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _quotes(self) -> list[Update]:
        keys = [key async for key in self._redis.scan_iter(f"{QUOTE_PREFIX}*", _SCAN_STEP)]
        texts: list[Any] = await self._redis.mget(keys) if keys else []
        return [update for text in texts if text for update in _read(f"[{text!s}]")]

    async def _hold_lease(self, owner: str, life_ms: int) -> bool:
        if await self._eval(_RENEW, owner, str(life_ms)):
            return True
        return bool(await self._redis.set(LEADER_KEY, owner, nx=True, px=life_ms))

    async def _eval(self, script: str, *arguments: str) -> Any:
        return await self._redis.eval(script, 1, LEADER_KEY, *arguments)


def _updates(fields: Mapping[str, str]) -> list[Update]:
    return _read(fields.get(_FIELD, ""))


def _read(text: str) -> list[Update]:
    """What a task of another release wrote, this one may not be able to read."""
    try:
        return [update_from_record(record) for record in json.loads(text)]
    except (ValueError, KeyError, TypeError, InvalidOperation):
        log.exception("an update in redis cannot be read")
        return []
