"""The market's clock, as the stream task writes it to Redis, for schedules that follow it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.adapters.redis.market_data import CLOCK_KEY
from hub.domain.market.clock import MarketClock, clock_from_record

_LOOK_SECONDS = 0.5
_SHORTEST_NAP = 0.005


class FollowedClock:
    """Reads the anchor twice a second; between, it reckons. Until one was read, time stands."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, protocol=3)
        self._clock = MarketClock(datetime.min.replace(tzinfo=UTC), datetime.now(UTC), 0.0)

    def now(self) -> datetime:
        return self._clock.held_at(datetime.now(UTC))

    async def sleep(self, seconds: float) -> None:
        due = self.now() + timedelta(seconds=seconds)
        while (left := (due - self.now()).total_seconds()) > 0:
            nap = left / self._clock.speed if self._clock.speed else _LOOK_SECONDS
            await asyncio.sleep(min(max(nap, _SHORTEST_NAP), _LOOK_SECONDS))

    async def follow(self) -> None:
        """Runs until it is cancelled."""
        try:
            while True:
                try:
                    record = await self._redis.get(CLOCK_KEY)
                    if record:
                        self._clock = clock_from_record(json.loads(record))
                except (RedisError, OSError):
                    # The stream task writes it again once Redis is back; until then time goes on.
                    pass
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await self._redis.aclose()
