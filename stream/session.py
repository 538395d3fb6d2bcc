"""What the streams of both web protocols have in common: who it is, how long, how often."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError
from stream.board import Board
from stream.counts import Counts
from stream.guests import Guests
from stream.requests import Terms
from stream.seats import Seats

HEARTBEAT_SECONDS = 15.0
# Who takes nothing for so long is let go.
SILENT_SECONDS = 60.0
CLOSE_WITHIN = 1.5
# Its multiples lie as far from one another, on a circle, as those of any number can.
_APART = 0.618034


class Stream(Protocol):
    """One client's, of either protocol."""

    def tick(self, now: float, wall: datetime) -> None:
        """Called about once a second."""
        ...

    def restart(self, after_ms: int) -> None:
        """The task ends: tell the client to come back, and let it go."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """What every stream is served from."""

    board: Board
    guests: Guests
    terms: Terms
    counts: Counts
    seats: Seats = field(default_factory=Seats)
    streams: "dict[Stream, None]" = field(default_factory=dict)

    def enter(self, identity: Identity) -> None:
        """For the market's data. Raises ForbiddenError. Who entered leaves, by `guests`."""
        with self._counted():
            self.guests.enter(identity)

    def admit(self, identity: Identity) -> None:
        """For what is theirs. Raises ForbiddenError. Who was admitted leaves, by `guests`."""
        with self._counted():
            self.guests.admit(identity)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except HubError as error:
            self.counts.refused[error.code] += 1
            raise

    def last_beat(self, now: float) -> float:
        """To count a new stream's heartbeats from: those of many who come at once are spread."""
        return now - len(self.streams) * _APART % 1 * HEARTBEAT_SECONDS
