"""How the dependencies answer, with their latency, and what waits in the database."""

from collections.abc import Callable, Sequence
from time import perf_counter

from hub.adapters.health import DependencyHealth
from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.operations import Backlog, Queues, TimedProbe
from hub.application.ports.system import Probe
from hub.domain.kernel import UnavailableError


class PlatformVitals:
    def __init__(self, health: DependencyHealth, queues: Queues, database: Database) -> None:
        self._asked: tuple[Callable[[], Sequence[Probe]], ...] = (
            health.database_probes,
            health.redis_probes,
            self._queue_probes,
        )
        self._queues = queues
        self._database = database

    def probes(self) -> Sequence[TimedProbe]:
        return [timed for ask in self._asked for timed in _timed(ask)]

    def backlog(self) -> Backlog | None:
        try:
            (row,) = self._database.rows(compiled.FIND_BACKLOG)
        except UnavailableError:
            return None
        return Backlog(*row)

    def _queue_probes(self) -> Sequence[Probe]:
        try:
            states = self._queues.state()
        except UnavailableError as error:
            return [Probe("queues", healthy=False, detail=error.detail)]
        return [Probe("queues", healthy=True, detail=f"{len(states)} answer")]


def _timed(ask: Callable[[], Sequence[Probe]]) -> Sequence[TimedProbe]:
    """Probes that one question has answered took as long together."""
    began = perf_counter()
    found = ask()
    took = round((perf_counter() - began) * 1000, 1)
    return [TimedProbe(*probe, took) for probe in found]
