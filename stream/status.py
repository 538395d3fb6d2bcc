"""What the task says of itself: health and metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import ANCHOR_LIFE, MarketClock
from stream.board import Board
from stream.clock import market_state
from stream.counts import Counts
from stream.link import Link

_FRESH = timedelta(seconds=5)
_PART = {True: "up", False: "down", None: "not used yet"}


@dataclass
class Status:
    """Facts gathered while running; read by health and metrics."""

    board: Board
    calendar: Calendar
    links: tuple[Link, ...]
    counts: Counts = field(default_factory=Counts)
    leader: bool = False
    draining: bool = False
    clock: MarketClock | None = None
    quoted_at: datetime | None = None

    def quote_age(self, wall: datetime) -> float | None:
        """Seconds of wall time since a quote came."""
        return (wall - self.quoted_at).total_seconds() if self.quoted_at else None

    def market(self, wall: datetime) -> str:
        return market_state(self.calendar, self.clock, wall) if self.clock else "unknown"

    def troubles(self, wall: datetime) -> list[str]:
        """Why the task is not ready; empty when it is."""
        found = [f"{link.name} does not answer" for link in self.links if link.up is False]
        if self.draining:
            found.append("the task is ending")
        if self.clock is None or wall - self.clock.wall > ANCHOR_LIFE:
            found.append("the market clock stands still")
        elif self.market(wall) == "open" and not self._fresh(wall):
            found.append("the market is open and no quotes come")
        return found

    def _fresh(self, wall: datetime) -> bool:
        return self.quoted_at is not None and wall - self.quoted_at <= _FRESH


def health(status: Status, wall: datetime) -> tuple[bool, dict[str, Any]]:
    """Whether the task is ready, and the answer that says why."""
    troubles = status.troubles(wall)
    clock = status.clock
    return not troubles, {
        "status": "not ready" if troubles else "ready",
        "troubles": troubles,
        "leader": status.leader,
        "parts": {link.name: _PART[link.up] for link in status.links},
        "market": {
            "state": status.market(wall),
            "time": clock.held_at(wall).isoformat() if clock else None,
            "speed": clock.speed if clock else None,
        },
        "quote_age_seconds": status.quote_age(wall),
    }


def metrics(status: Status, wall: datetime) -> str:
    """Prometheus text."""
    age, counts = status.quote_age(wall), status.counts
    values: dict[str, tuple[str, str, float]] = {
        "hub_stream_updates_total": ("counter", "Updates told to this task", status.board.count),
        "hub_stream_gaps_total": ("counter", "Times that updates were missed", status.board.gaps),
        "hub_stream_subscriptions": (
            "gauge",
            "Channels and symbols asked for",
            status.board.topics,
        ),
        "hub_stream_deliveries_total": ("counter", "Updates sent to clients", counts.deliveries),
        "hub_stream_sends_total": ("counter", "Writes to clients' sockets", counts.sends),
        "hub_stream_conflated_total": ("counter", "Quotes that gave way", counts.conflated),
        "hub_stream_dropped_total": ("counter", "Updates of slow clients let go", counts.dropped),
        "hub_stream_thinned_total": ("counter", "Events that no watcher was shown", counts.thinned),
        "hub_stream_leader": ("gauge", "1 where the feed runs", status.leader),
        "hub_stream_market_open": ("gauge", "1 in a session", status.market(wall) == "open"),
        "hub_stream_quote_age_seconds": (
            "gauge",
            "Wall time since the last quote, -1 before the first",
            -1.0 if age is None else age,
        ),
    }
    lines = [
        line
        for name, (kind, text, value) in values.items()
        for line in (
            f"# HELP {name} {text}",
            f"# TYPE {name} {kind}",
            f"{name} {float(value):.15g}",
        )
    ]
    lines += ["# HELP hub_stream_up 1 while the part answers", "# TYPE hub_stream_up gauge"]
    lines += [
        f'hub_stream_up{{part="{link.name}"}} {int(link.up is not False)}' for link in status.links
    ]
    for name, text, histogram in (
        ("feed_lag", "From when something happened until it was told", counts.feed_lag),
        ("watch_lag", "Until resting orders were tested against it", counts.watch_lag),
        ("trigger_latency", "Until the orders it reached were sent", counts.trigger_latency),
    ):
        full = f"hub_stream_{name}_seconds"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} histogram", *histogram.lines(full)]
    for name, kind, text, label, by_label in (
        ("connections", "gauge", "Open streams", "protocol", counts.connections),
        ("opened_total", "counter", "Streams opened", "protocol", counts.opened),
        ("refused_total", "counter", "Clients refused or let go", "reason", counts.refused),
        ("feed_total", "counter", "What the source did besides serving", "kind", counts.feed),
    ):
        lines += _labelled(f"hub_stream_{name}", kind, text, label, by_label)
    return "\n".join(lines) + "\n"


def _labelled(name: str, kind: str, text: str, label: str, values: Mapping[str, int]) -> list[str]:
    head = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    return head + [f'{name}{{{label}="{key}"}} {value}' for key, value in sorted(values.items())]
