"""How the platform does: each dependency with its latency, and how far behind its work is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.application.ports.market import MarketData
from hub.application.ports.operations import TimedProbe, Vitals
from hub.application.ports.system import Clock

_LATE = timedelta(minutes=1)


class DetailedHealth(NamedTuple):
    """Ages are of the oldest; None where there is none, or nobody can say.

    `market_data_age` is since the source of quotes was last heard of.
    """

    status: str
    probes: Sequence[TimedProbe]
    market_data_age: timedelta | None
    outbox_messages: int | None
    outbox_lag: timedelta | None
    oldest_undecided_order: timedelta | None
    oldest_open_order: timedelta | None


@dataclass(frozen=True, slots=True)
class GetDetailedHealth:
    vitals: Vitals
    market_data: MarketData
    clock: Clock

    def __call__(self) -> DetailedHealth:
        probes, backlog = self.vitals.probes(), self.vitals.backlog()
        if backlog is None:
            return DetailedHealth("unavailable", probes, None, None, None, None, None)
        now = self.clock.now()
        heard = self.market_data.view([]).clock.wall
        lag = _age(backlog.outbox_since, now)
        undecided = _age(backlog.undecided_since, now)
        late = any(age is not None and age > _LATE for age in (lag, undecided))
        well = all(probe.healthy for probe in probes) and not late
        return DetailedHealth(
            "ok" if well else "degraded",
            probes,
            _age(heard, now),
            backlog.outbox,
            lag,
            undecided,
            _age(backlog.open_since, now),
        )


def _age(since: datetime | None, now: datetime) -> timedelta | None:
    return None if since is None else max(now - since, timedelta())
