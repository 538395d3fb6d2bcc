"""Whether the dependencies answer."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hub.adapters.postgres.connection import Database
from hub.adapters.redis.market_data import CLOCK_KEY
from hub.application.ports.system import Probe
from hub.domain.kernel import UnavailableError

if TYPE_CHECKING:
    from redis import Redis


class DependencyHealth:
    def __init__(self, database: Database, redis: Callable[[], "Redis"]) -> None:
        self._database = database
        self._redis = redis

    def probes(self) -> Sequence[Probe]:
        return [*self.database_probes(), *self.redis_probes()]

    def database_probes(self) -> Sequence[Probe]:
        try:
            self._database.rows("SELECT 1")
        except UnavailableError as error:
            return [Probe("database", healthy=False, detail=error.detail)]
        return [Probe("database", healthy=True, detail="answers")]

    def redis_probes(self) -> Sequence[Probe]:
        from redis.exceptions import RedisError  # noqa: PLC0415  # not every function pays for it

        try:
            with self._redis() as client:
                live = client.exists(CLOCK_KEY)
        except RedisError as error:
            return [Probe("redis", healthy=False, detail=type(error).__name__)]
        detail = "live" if live else "no market clock: the stream task is not running"
        return [
            Probe("redis", healthy=True, detail="answers"),
            Probe("market_data", healthy=bool(live), detail=detail),
        ]
