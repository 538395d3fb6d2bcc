"""What streams have in common: when their heartbeats are."""

from itertools import pairwise

from stream.session import HEARTBEAT_SECONDS, House
from tests.stream.house import OpenHouse


class Quiet:
    """A stream that says nothing."""

    def tick(self, now: float, wall: object) -> None: ...

    def restart(self, after_ms: int) -> None: ...


def came(house: House, streams: int) -> list[float]:
    """When the heartbeats of so many begin, who come in the same moment."""
    found = []
    for _ in range(streams):
        found.append(house.last_beat(1_000.0))
        house.streams[Quiet()] = None
    return found


async def test_the_heartbeats_of_those_who_come_together_are_spread():
    beats = sorted(came(OpenHouse().house, 1_000))

    assert beats[-1] == 1_000.0
    assert beats[0] > 1_000.0 - HEARTBEAT_SECONDS
    widest = max(later - earlier for earlier, later in pairwise(beats))
    assert widest < 3 * HEARTBEAT_SECONDS / 1_000
