"""Attempts at the gates, counted in Redis; in PostgreSQL while Redis does not answer."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from hub.application.ports.identity import Attempts
from hub.domain.identity.attempts import MEMORY, Gate

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

_LEAVE_ALONE_SECONDS = 2.0

# Every gate is looked at before any is counted, and nobody comes in between: milliseconds to wait.
_BEGIN = """
local now, memory, place, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), 3, 0
for index, key in ipairs(KEYS) do
    local steps = tonumber(ARGV[place])
    local kept = redis.call('HMGET', key, 'count', 'last')
    local count, last = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
    if last + memory <= now then
        redis.call('DEL', key)
    elseif count > 0 then
        local seconds = tonumber(ARGV[place + math.min(count, steps)])
        longest = math.max(longest, last + seconds * 1000 - now)
    end
    place = place + steps + 1
end
if longest > 0 then return longest end
for index, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, 'count', 1)
    redis.call('HSET', key, 'last', now)
    redis.call('PEXPIRE', key, memory)
end
return 0
"""
_SUCCEEDED = """
redis.call('DEL', KEYS[1], KEYS[2])
local count = tonumber(redis.call('HGET', KEYS[3], 'count') or 0)
if count > 0 then redis.call('HINCRBY', KEYS[3], 'count', -1) end
"""


class RedisAttempts:
    """After a failure Redis is left alone for two seconds: nobody waits for it in vain twice."""

    def __init__(self, client: Callable[[], "Redis"], otherwise: Attempts) -> None:
        self._connect = client
        self._client: Redis | None = None
        self._otherwise = otherwise
        self._again_at = 0.0

    def begin(self, gates: Sequence[Gate], at: datetime) -> int:
        given = [int(at.timestamp() * 1000), int(MEMORY.total_seconds() * 1000)]
        for gate in gates:
            given += [len(gate.waits), *gate.waits]
        milliseconds = self._run(_BEGIN, gates, given)
        if milliseconds is None:
            return self._otherwise.begin(gates, at)
        return -(-milliseconds // 1000)

    def succeeded(self, gates: Sequence[Gate]) -> None:
        if self._run(_SUCCEEDED, gates, []) is None:
            self._otherwise.succeeded(gates)

    def _run(self, script: str, gates: Sequence[Gate], given: Sequence[int]) -> int | None:
        """What the script returns, nothing being 0; None where Redis does not answer."""
        from redis.exceptions import RedisError  # noqa: PLC0415  # with the client, when needed

        if monotonic() < self._again_at:
            return None
        try:
            self._client = self._client or self._connect()
            keys = [gate.key for gate in gates]
            answer = self._client.eval(script, len(keys), *keys, *[str(each) for each in given])
            return int(answer or 0)
        except RedisError as error:
            logger.warning("attempts are counted in the database: %s", type(error).__name__)
            self._again_at = monotonic() + _LEAVE_ALONE_SECONDS
            return None
