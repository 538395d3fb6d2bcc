"""Requests per minute, counted in Redis: one number per caller, the time it is free again.

Spread evenly, `limit` requests a minute are one each 60/limit seconds. The number is when the last
of those taken is paid for; a caller may be ahead of it by a minute. Without Redis nothing is
counted: trading goes on.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from hub.application.ports.system import Allowance

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

_LEAVE_ALONE_SECONDS = 2.0
_MINUTE = 60_000

# Milliseconds: what is owed after this request, and how long to wait where it is too much.
_TAKE = """
local now, each, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local owed = free + each - now
if owed > most then return {tostring(owed - each), tostring(owed - most)} end
redis.call('SET', KEYS[1], string.format('%.3f', now + owed), 'PX', math.ceil(owed))
return {tostring(owed), '0'}
"""


class RedisLimits:
    """`per_customer` and `per_address` are requests a minute; 0 counts nothing."""

    def __init__(
        self, client: Callable[[], "Redis"], *, per_customer: int, per_address: int
    ) -> None:
        self._connect = client
        self._client: Redis | None = None
        self._per_customer = per_customer
        self._per_address = per_address
        self._again_at = 0.0

    def customer(self, customer_id: str, at: datetime) -> Allowance | None:
        return self._take("customer", customer_id, self._per_customer, at)

    def address(self, address: str, at: datetime) -> Allowance | None:
        return self._take("address", address, self._per_address, at)

    def _take(self, who: str, name: str, limit: int, at: datetime) -> Allowance | None:
        if not limit or monotonic() < self._again_at:
            return None
        each = _MINUTE / limit
        answer = self._run(f"limit:{who}:{name}", int(at.timestamp() * 1000), each)
        if answer is None:
            return None
        owed, wait = (float(part) for part in answer)
        left = max(0, int((_MINUTE - owed) / each + 1e-6))
        return Allowance(who, limit, left, _seconds(owed), _seconds(wait))

    def _run(self, key: str, now: int, each: float) -> Any:
        from redis.exceptions import RedisError  # noqa: PLC0415  # with the client, when needed

        try:
            self._client = self._client or self._connect()
            return self._client.eval(_TAKE, 1, key, str(now), str(each), str(_MINUTE))
        except RedisError as error:
            logger.warning("requests are not counted: %s", type(error).__name__)
            self._again_at = monotonic() + _LEAVE_ALONE_SECONDS
            return None


def _seconds(milliseconds: float) -> int:
    return -int(-milliseconds // 1000)
