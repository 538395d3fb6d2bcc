"""The port itself: takes connections in, no more than the system can hold, and no one for long who
does not say what he wants."""

import asyncio
import errno
import socket
from time import monotonic

from stream.counts import Counts
from stream.door import Door, Route
from stream.listener import listener
from stream.seats import Seats

_AT_ONCE = 64
_HEAD_WITHIN = 10.0
_RETRY_AFTER = 1.0
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Entrance:
    """`route` answers what each connection asks for."""

    def __init__(self, route: Route, counts: Counts, seats: Seats) -> None:
        # With the address that each came from.
        self.doors: dict[Door, str] = {}
        self._route = route
        self._counts = counts
        self._seats = seats
        self._arriving: dict[Door, float] = {}
        self._listener: socket.socket | None = None

    def open(self, host: str, port: int) -> int:
        """The port; 0 is one that the system chooses."""
        self._listener = listener(host, port)
        self._listen()
        number: int = self._listener.getsockname()[1]
        return number

    def stop_accepting(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def tick(self, now: float) -> None:
        """Called about once a second."""
        while self._arriving:
            door, since = next(iter(self._arriving.items()))
            if now - since < _HEAD_WITHIN:
                return
            del self._arriving[door]
            door.abort()

    def seated(self, door: Door) -> None:
        """It is a stream now, and has clocks of its own."""
        self._arriving.pop(door, None)

    def left(self, door: Door) -> None:
        self._seats.give_back(self.doors.pop(door))
        self._arriving.pop(door, None)

    def _listen(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Not all who wait: those who are in already have a turn in between."""
        assert self._listener is not None
        for _ in range(_AT_ONCE):
            try:
                wire, address = self._listener.accept()
            except OSError as error:
                if error.errno in _FULL:
                    self._rest(self._listener)
                return
            self._take_in(wire, address[0])

    def _take_in(self, wire: socket.socket, address: str) -> None:
        if refusal := self._seats.take(address):
            self._counts.refused[refusal] += 1
            wire.close()
            return
        door = Door(wire, self._route, self)
        self.doors[door] = address
        self._arriving[door] = monotonic()

    def _rest(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        loop.call_later(_RETRY_AFTER, self._listen)
