"""The one client of Redis that a process has: opened lazily, left alone for a while after failing.

Nobody waits in vain twice: for two seconds after a failure it is not asked. Then it is again.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from hub.application.ports.cache import CacheDownError

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
LEAVE_ALONE_SECONDS = 2.0


def connect(url: str) -> "Redis":
    """A client that gives up soon. Importing the library is left to those who need it."""
    from redis import Redis  # noqa: PLC0415  # 100 ms of import that not every function pays

    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, protocol=3)


class RedisLink:
    def __init__(self, client: Callable[[], "Redis"]) -> None:
        self._connect = client
        self._client: Redis | None = None
        self._again_at = 0.0

    def run(self, work: Callable[["Redis"], Answer]) -> Answer:
        """Raises CacheDownError."""
        from redis.exceptions import RedisError  # noqa: PLC0415  # see `connect`

        if monotonic() < self._again_at:
            raise CacheDownError
        try:
            if self._client is None:
                self._client = self._connect()
            return work(self._client)
        except RedisError as error:
            logger.warning("redis does not answer: %s", type(error).__name__)
            self._again_at = monotonic() + LEAVE_ALONE_SECONDS
            raise CacheDownError from error

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
