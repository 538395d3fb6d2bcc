"""Show what the cache holds, and how old it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from hub.application.ports.market import MarketCache
from hub.application.ports.system import Clock


class FamilyShown(NamedTuple):
    """The ages of the youngest and the oldest entry; None where there is none."""

    name: str
    entries: int
    youngest: timedelta | None
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class GetCache:
    cache: MarketCache
    clock: Clock

    def __call__(self) -> Sequence[FamilyShown]:
        """Raises UnavailableError without the cache."""
        now = self.clock.now()
        return [
            FamilyShown(
                each.name,
                each.entries,
                now - each.newest if each.newest else None,
                now - each.oldest if each.oldest else None,
            )
            for each in self.cache.state()
        ]
