"""Market time: the wall's own, or a replay's, which runs at a speed from an anchor."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

# A running source renews its anchor well within this; an older one is of a source that stopped.
ANCHOR_LIFE = timedelta(seconds=5)
# Of a replay, to real time.
USUAL_PACE = 60.0


class MarketClock(NamedTuple):
    """At wall time `wall` it was `market` in the market; since then it runs `speed` times as fast.

    Speed 0 is a stopped clock. The anchor holds up to `until` (the next open or close of a replay,
    where the speed changes): market time waits there for the next anchor. All times are UTC.
    """

    market: datetime
    wall: datetime
    speed: float = 1.0
    until: datetime | None = None

    def at(self, wall: datetime) -> datetime:
        """Market time when the wall shows `wall`; never before the anchor."""
        passed = max((wall - self.wall).total_seconds(), 0.0)
        moved = self.market + timedelta(seconds=passed * self.speed)
        return moved if self.until is None else min(moved, self.until)

    def held_at(self, wall: datetime) -> datetime:
        """Market time for who reads an anchor that its source renews: it stops with the source.

        Without this the readers' market would run on while the source is down, and jump back
        when the source resumes where it was.
        """
        return self.at(min(wall, self.wall + ANCHOR_LIFE))

    def source_stopped(self, wall: datetime) -> bool:
        """Whether nobody has renewed the anchor for so long that its source must be down."""
        return wall - self.wall > ANCHOR_LIFE

    def quote_age_limit(self, limit: timedelta) -> timedelta:
        """How old a quote may be in market time, when real time allows `limit`.

        A replay that runs sixty times as fast sees quotes age sixty times as fast; what the limit
        guards against is a feed that stopped, and that shows in real seconds. A clock that stands
        has stopped its quotes with it: they are as good as they were at the replay's usual pace.
        """
        return limit * (max(self.speed, 1.0) if self.speed else USUAL_PACE)


def clock_record(clock: MarketClock) -> dict[str, Any]:
    return {
        "market": clock.market.isoformat(),
        "wall": clock.wall.isoformat(),
        "speed": str(clock.speed),
        "until": clock.until.isoformat() if clock.until else None,
    }


def clock_from_record(record: dict[str, Any]) -> MarketClock:
    return MarketClock(
        market=datetime.fromisoformat(record["market"]),
        wall=datetime.fromisoformat(record["wall"]),
        speed=float(record["speed"]),
        until=datetime.fromisoformat(record["until"]) if record.get("until") else None,
    )
