"""The script of a scripted market, as Redis holds it: commands in, and how far they were carried
out."""

import json
from typing import Any

from redis.asyncio import Redis

from stream.link import Link

# A stream whose entries have one field, `command`. The id of the latest that took full effect
# stands in DONE_KEY; one that could not be carried out is also told in ERROR_KEY.
SCRIPT_KEY = "feed:script"
DONE_KEY = "feed:script:done"
ERROR_KEY = "feed:script:error"
_FIELD = "command"
_AT_ONCE = 100
_SILENCE_MS = 500


class RedisScript:
    """Every call raises UnavailableError while Redis is away, and works again when it is back."""

    def __init__(self, redis: Redis, link: Link) -> None:
        self._redis = redis
        self._link = link

    async def read(self, after: str) -> list[tuple[str, str]]:
        """The next commands by id; none when half a second passed without one."""
        found: Any = await self._link.attempt(
            lambda: self._redis.xread({SCRIPT_KEY: after}, _AT_ONCE, _SILENCE_MS)
        )
        return [
            (number, fields.get(_FIELD, ""))
            for _, entries in found or ()
            for number, fields in entries
        ]

    async def done(self) -> str:
        return str(await self._link.attempt(lambda: self._redis.get(DONE_KEY)) or "0-0")

    async def refused(self, number: str, reason: str) -> None:
        text = json.dumps({"id": number, "reason": reason})
        await self._link.attempt(lambda: self._redis.set(ERROR_KEY, text))

    async def finish(self, number: str) -> None:
        await self._link.attempt(lambda: self._redis.set(DONE_KEY, number))
