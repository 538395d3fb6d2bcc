"""What the task counts and measures while it runs; told as metrics."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Histogram:
    """How often something took how many seconds. One thread writes."""

    def __init__(self) -> None:
        self.sum = 0.0
        self._counts = [0] * (len(BOUNDS) + 1)

    def observe(self, seconds: float, times: int = 1) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += times
        self.sum += seconds * times

    def lines(self, name: str) -> list[str]:
        """Prometheus text."""
        found, so_far = [], 0
        for bound, count in zip((*BOUNDS, "+Inf"), self._counts, strict=True):
            so_far += count
            found.append(f'{name}_bucket{{le="{bound}"}} {so_far}')
        return [*found, f"{name}_sum {self.sum:.6f}", f"{name}_count {so_far}"]


@dataclass(slots=True)
class Counts:
    """`connections` are those open now, by protocol; all else only grows. `feed` counts by kind
    what the source did besides serving: what of it was not told, how its connection fared.

    `feed_lag` is from when something happened until the leader told it; `watch_lag` from there
    until resting orders were tested against it, `trigger_latency` until those reached were sent.
    """

    connections: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    feed: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    sends: int = 0
    conflated: int = 0
    dropped: int = 0
    thinned: int = 0
    feed_lag: Histogram = field(default_factory=Histogram)
    watch_lag: Histogram = field(default_factory=Histogram)
    trigger_latency: Histogram = field(default_factory=Histogram)
