"""Market time: the wall's own, or a replay's, which runs at a speed from an anchor."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple


class MarketClock(NamedTuple):
    """At wall time `wall` it was `market` in the market; since then it runs `speed` times as fast.

    Speed 0 is a stopped clock. All times are UTC.
    """

    market: datetime
    wall: datetime
    speed: float = 1.0

    def at(self, wall: datetime) -> datetime:
        """Market time when the wall shows `wall`; never before the anchor."""
        passed = max((wall - self.wall).total_seconds(), 0.0)
        return self.market + timedelta(seconds=passed * self.speed)

    def quote_age_limit(self, limit: timedelta) -> timedelta:
        """How old a quote may be in market time, when real time allows `limit`.

        A replay that runs sixty times as fast sees quotes age sixty times as fast; what the limit
        guards against is a feed that stopped, and that shows in real seconds.
        """
        return limit * max(self.speed, 1.0)


def clock_record(clock: MarketClock) -> dict[str, Any]:
    return {
        "market": clock.market.isoformat(),
        "wall": clock.wall.isoformat(),
        "speed": str(clock.speed),
    }


def clock_from_record(record: dict[str, Any]) -> MarketClock:
    return MarketClock(
        market=datetime.fromisoformat(record["market"]),
        wall=datetime.fromisoformat(record["wall"]),
        speed=float(record["speed"]),
    )
