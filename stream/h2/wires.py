"""The sockets: a listener, and a wire for each connection, written once in a turn of the loop."""

import asyncio
import errno
import logging
import socket
from collections import deque
from contextlib import suppress
from time import monotonic

from stream.h2.connection import Connection, Offer
from stream.h2.status import CallError
from stream.listener import listener
from stream.session import House

log = logging.getLogger(__name__)

_ACCEPTED_AT_ONCE = 64
_READ_BYTES = 16 * 1024
# After this many sends the loop gets to do something else.
_SENDS_AT_ONCE = 250
_TICKS_AT_ONCE = 250
# So long a client takes nothing at all, and is let go.
_STUCK_SECONDS = 60.0
# So long is waited for a client to hang up after the last word.
_LINGER_SECONDS = 2.0
_ACCEPT_AGAIN_AFTER = 1.0
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Wire:
    """One connection's socket."""

    __slots__ = ("_descriptor", "_desk", "_ends_at", "_rest", "_send", "_socket", "_stuck", "talk")

    def __init__(self, taken: socket.socket, desk: "Desk") -> None:
        self.talk = Connection(desk.offer, self._wake)
        self._desk = desk
        self._socket = taken
        self._descriptor = taken.fileno()
        self._send = taken.send
        taken.setblocking(False)
        self._rest = b""
        self._stuck = self._ends_at = 0.0
        desk.loop.add_reader(self._descriptor, self._readable)
        self._wake()

    def flush(self) -> None:
        """All that is to be said goes out in one piece."""
        talk = self.talk
        if talk.full:
            return
        if talk.out:
            data = b"".join(talk.out)
            talk.out.clear()
            talk.sent(len(data))
            self._put(data)
        if talk.over and not talk.full:
            self._hang_up()

    def tick(self, now: float) -> None:
        if self._ends_at:
            if now > self._ends_at:
                self.drop()
        elif self._stuck and now - self._stuck > _STUCK_SECONDS:
            self.drop()
        else:
            self.talk.tick(now)

    def drop(self) -> None:
        """At once, whatever is still unsent."""
        if self._descriptor < 0:
            return
        self._desk.loop.remove_reader(self._descriptor)
        self._desk.loop.remove_writer(self._descriptor)
        self._descriptor = -1
        self._socket.close()
        self._desk.left(self)
        self.talk.lost()

    def _wake(self) -> None:
        self._desk.wake(self)

    def _put(self, data: bytes) -> None:
        try:
            taken = self._send(data)
        except (BlockingIOError, InterruptedError):
            taken = 0
        except OSError:
            self.drop()
            return
        if taken == len(data):
            return
        self._rest = data[taken:]
        if not self.talk.full:
            self.talk.full = True
            self._desk.loop.add_writer(self._descriptor, self._writable)
        if taken or not self._stuck:
            self._stuck = monotonic()

    def _writable(self) -> None:
        rest, self._rest = self._rest, b""
        self._put(rest)
        if self._rest or self._descriptor < 0:
            return
        self._desk.loop.remove_writer(self._descriptor)
        self._stuck = 0.0
        self.talk.full = False
        self.talk.freed()
        self.flush()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.drop()
        else:
            self.talk.received(data)

    def _hang_up(self) -> None:
        """The last word is said; closing at once could take it from the client again."""
        if self._descriptor >= 0 and not self._ends_at:
            self._ends_at = monotonic() + _LINGER_SECONDS
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)


class Desk:
    """All wires, and the listener. What they have to say goes out at the end of the loop's turn."""

    def __init__(self, host: str, port: int, offer: Offer, house: House) -> None:
        self.loop = asyncio.get_running_loop()
        # With the address that each came from.
        self.wires: dict[Wire, str] = {}
        self._seats, self._counts = house.seats, house.counts
        self.offer = offer
        self._listener = listener(host, port)
        self._awake: deque[Wire] = deque()
        self._flushing = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def listen(self) -> None:
        self.loop.add_reader(self._listener.fileno(), self._accept)

    def left(self, wire: Wire) -> None:
        self._seats.give_back(self.wires.pop(wire))

    def stop_listening(self) -> None:
        if self._listener.fileno() >= 0:
            self.loop.remove_reader(self._listener.fileno())
            self._listener.close()

    def wake(self, wire: Wire) -> None:
        """It has something to say, which it had not before."""
        self._awake.append(wire)
        self._flush_soon()

    async def tick(self) -> None:
        now = monotonic()
        for number, wire in enumerate(list(self.wires), 1):
            if wire in self.wires:
                wire.tick(now)
            if number % _TICKS_AT_ONCE == 0:
                await asyncio.sleep(0)

    @property
    def busy(self) -> bool:
        """Whether somebody is still to hear something, or to say that they heard the last."""
        return bool(self.wires)

    def retire(self) -> None:
        for wire in list(self.wires):
            wire.talk.retire()

    def end_calls(self, error: CallError) -> None:
        for wire in list(self.wires):
            wire.talk.end_calls(error)

    def drop(self) -> None:
        self.stop_listening()
        for wire in list(self.wires):
            wire.drop()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        """In the order that they woke; what else they have to say by then goes out with it."""
        self._flushing = False
        awake = self._awake
        for _ in range(min(len(awake), _SENDS_AT_ONCE)):
            awake.popleft().flush()
        if awake:
            self._flush_soon()

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno not in _SCARCE:
                    continue
                # Those who wait are taken when others have gone.
                log.warning("accepting waits", extra={"fields": {"reason": str(error)}})
                self.loop.remove_reader(self._listener.fileno())
                self.loop.call_later(_ACCEPT_AGAIN_AFTER, self._accept_again)
                return
            self._take_in(taken, address[0])

    def _take_in(self, taken: socket.socket, address: str) -> None:
        if refusal := self._seats.take(address):
            self._counts.refused[refusal] += 1
            taken.close()
            return
        self.wires[Wire(taken, self)] = address

    def _accept_again(self) -> None:
        if self._listener.fileno() >= 0:
            self.listen()
