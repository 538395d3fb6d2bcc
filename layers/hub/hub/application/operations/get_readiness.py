"""Whether the platform can serve: each dependency asked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.ports.system import Health, Probe


class Readiness(NamedTuple):
    """`degraded` serves, with something missing; only without its database is it not ready."""

    status: str
    probes: Sequence[Probe]


@dataclass(frozen=True, slots=True)
class GetReadiness:
    health: Health

    def __call__(self) -> Readiness:
        probes = self.health.probes()
        down = {probe.name for probe in probes if not probe.healthy}
        if "database" in down:
            return Readiness("unavailable", probes)
        return Readiness("degraded" if down else "ready", probes)
