"""Streams by server-sent events: what was asked for stands in the URL, and only the server speaks.

`GET /stream/events?symbols=AAPL,MSFT&channels=quotes,trades`, with a header or `&ticket=`. An
EventSource of a browser comes back by itself with `Last-Event-ID`, the cursor of the last event.
"""

from datetime import datetime
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import Protocol

from hub.application.ports.identity import Identity
from stream.door import OPEN_TO_PAGES, Door, Request, head_of
from stream.encoding import server_sent_event
from stream.reader import Subscriber
from stream.requests import Wish, check_count
from stream.session import CLOSE_WITHIN, HEARTBEAT_SECONDS, SILENT_SECONDS, House

RETRY_MS = 2_000
_HEAD = head_of(
    HTTPStatus.OK,
    {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "Connection": "close",
        "X-Accel-Buffering": "no",
        **OPEN_TO_PAGES,
    },
)


class Source(Protocol):
    """What one client is told of."""

    @property
    def kind(self) -> str:
        """By what name such streams are counted."""
        ...

    def enter(self, identity: Identity) -> None:
        """Raises HubError where this customer may not have it. Who entered leaves, by `guests`."""
        ...

    def begin(self) -> None:
        """The door is open."""
        ...

    def writable(self) -> None: ...

    def leave(self) -> None: ...


class MarketSource:
    """What the market does."""

    kind = "sse"

    def __init__(self, door: Door, house: House, wish: Wish) -> None:
        self._house = house
        self._wish = wish
        self._reader = Subscriber(door, house.board, server_sent_event, house.counts)

    def enter(self, identity: Identity) -> None:
        check_count(self._wish.topics)
        self._house.enter(identity)

    def begin(self) -> None:
        self._reader.subscribe(self._wish.topics, self._wish.after)

    def writable(self) -> None:
        self._reader.writable()

    def leave(self) -> None:
        self._reader.leave()


class EventStream:
    """One client, already known. Its connection lasts as long as its credential."""

    __slots__ = ("_beat", "_door", "_ends_at", "_entered", "_house", "_identity", "_source")

    def __init__(self, door: Door, house: House, identity: Identity, source: Source) -> None:
        self._door = door
        self._house = house
        self._identity = identity
        self._source = source
        self._beat = house.last_beat(monotonic())
        self._entered = False
        self._ends_at = inf

    def open(self) -> None:
        """Raises HubError, before anything is answered."""
        self._source.enter(self._identity)
        self._entered = True
        self._house.streams[self] = None
        self._house.counts.connections[self._source.kind] += 1
        self._house.counts.opened[self._source.kind] += 1
        self._door.write(_HEAD + f"retry: {RETRY_MS}\n\n".encode())
        self._source.begin()

    def received(self, data: bytes) -> None:
        """A client has nothing to say here."""

    def writable(self) -> None:
        self._source.writable()

    def left(self) -> None:
        if self._entered:
            self._entered = False
            self._house.streams.pop(self, None)
            self._source.leave()
            self._house.guests.leave(self._identity)
            self._house.counts.connections[self._source.kind] -= 1

    def tick(self, now: float, wall: datetime) -> None:
        stalled = self._door.blocked_since
        if now >= self._ends_at or (stalled is not None and now - stalled > SILENT_SECONDS):
            self._door.abort()
        elif ending := self._house.guests.ending(self._identity, wall):
            self._end(ending.code, f"{ending.detail}: open another stream")
        elif now - self._beat >= HEARTBEAT_SECONDS and not self._door.blocked:
            self._beat = now
            self._door.write(b": heartbeat\n\n")

    def restart(self, after_ms: int) -> None:
        self._door.write(f"retry: {after_ms}\n\n".encode())
        self._close()

    def too_slow(self) -> None:
        self._house.counts.refused["too_slow"] += 1
        self._end("slow_consumer", "read faster, or ask for less")

    def _end(self, code: str, reason: str) -> None:
        # Not named `error`: a page's EventSource gives that name to the loss of the connection.
        message = {"type": "refused", "code": code, "message": reason}
        self._door.write(server_sent_event(message))
        self._close()

    def _close(self) -> None:
        self._ends_at = monotonic() + CLOSE_WITHIN
        self._door.close()


def wish_of(request: Request, house: House) -> Wish:
    """Raises HubError."""
    lists = {
        name: request.query[name].split(",")
        for name in ("symbols", "channels")
        if name in request.query
    }
    last = request.headers.get("last-event-id") or request.query.get("last_event_id")
    return house.terms.wish({**lists, "resume": last})
