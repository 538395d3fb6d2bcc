"""What administrators wish of the market's clock, as Redis holds it: wishes in, outcomes out."""

import json
from typing import Any

from redis.asyncio import Redis

from hub.domain.kernel import RejectedError
from stream.link import Link

# A stream whose entries have one field, `wish`. What became of each stands for a minute in a key of
# its own: "taken", or why it was refused. Named as in hub.adapters.redis.feeds.
WISHES_KEY = "market:wishes"
OUTCOME_KEY = "market:wish:"
_FIELD = "wish"
_AT_ONCE = 100
_OUTCOME_LIFE_MS = 60_000


class RedisWishes:
    """Every call raises UnavailableError while Redis is away, and works again when it is back."""

    def __init__(self, redis: Redis, link: Link) -> None:
        self._redis = redis
        self._link = link

    async def read(self, after: str, wait_ms: int) -> list[tuple[str, str]]:
        """The next wishes by number; none when `wait_ms` passed without one."""
        found: Any = await self._link.attempt(
            lambda: self._redis.xread({WISHES_KEY: after or "0-0"}, _AT_ONCE, wait_ms)
        )
        return [
            (number, fields.get(_FIELD, ""))
            for _, entries in found or ()
            for number, fields in entries
        ]

    async def taken(self, number: str) -> None:
        """Changes nothing where an outcome is known already."""
        await self._tell(number, {"refused": None})

    async def refused(self, number: str, error: RejectedError) -> None:
        await self._tell(number, {"refused": error.code, "detail": error.detail})

    async def _tell(self, number: str, outcome: dict[str, Any]) -> None:
        key, text = OUTCOME_KEY + number, json.dumps(outcome)
        await self._link.attempt(lambda: self._redis.set(key, text, nx=True, px=_OUTCOME_LIFE_MS))
