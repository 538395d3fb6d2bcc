"""One call: a stream of HTTP/2, what is sent on it as the windows allow, and how it ends."""

import logging
from asyncio import TimerHandle
from collections import deque
from collections.abc import Callable
from struct import Struct
from typing import Protocol

from hub.domain.kernel import HubError
from stream.calls import TooSlowError
from stream.h2.envelopes import Envelopes
from stream.h2.frames import (
    DATA,
    END_STREAM,
    FIRST_WINDOW,
    MAX_FRAME_BYTES,
    MAX_WINDOW,
    WINDOW_UPDATE,
    Fault,
    Frame,
    StreamFaultError,
    frame,
    header_frames,
    number,
)
from stream.h2.limits import MAX_GATHERED_BYTES, MAX_HELD_BYTES
from stream.h2.status import DONE, HEAD, CallError, Status, as_call_error, trailers

log = logging.getLogger(__name__)

_ENVELOPE = Struct(">BL").pack
_ENVELOPE_BYTES = 5
# The head of a frame and of the message that is all of it.
_HEADS = Struct(">BHBBLBL").pack


class Behaviour(Protocol):
    """What answers a call. What it raises ends the call."""

    def received(self, message: bytes) -> None: ...

    def finished(self) -> None:
        """The client has said all that it will."""
        ...

    def writable(self) -> None:
        """What was blocked is not any more."""
        ...

    def left(self) -> None:
        """The call is over, whoever ended it. Said once."""
        ...


class Way(Protocol):
    """The connection, as its calls see it. Into an empty `out` nothing is put without `wake`."""

    out: list[bytes]
    full: bool
    window: int
    held: int
    gathered: int
    waiting: "dict[Call, None]"
    wake: Callable[[], None]
    later: Callable[[float, Callable[[], None]], TimerHandle]

    @property
    def blocked(self) -> bool:
        """Whether no stream can send anything."""
        ...

    def tell(self, data: bytes) -> None:
        """Frames that no window holds back."""
        ...

    def close(self, call: "Call", *, unasked: bool) -> None:
        """The call has ended; `unasked` where the client did not end its half before."""
        ...


class Silence:
    """Answers nothing: before a call is answered by another."""

    def received(self, message: bytes) -> None: ...

    def finished(self) -> None: ...

    def writable(self) -> None: ...

    def left(self) -> None: ...


_SILENCE = Silence()
# Nothing is put into it: for calls that have not begun, and those that have ended.
_NOTHING = Envelopes("identity")


class Call:
    """`window` is how much the client takes on this stream. Whoever finds it blocked is told when
    it is not any more."""

    __slots__ = (
        "_answered",
        "_connection",
        "_deadline",
        "_ended",
        "_envelopes",
        "_finished",
        "_gathered",
        "_last",
        "_pending",
        "_room",
        "_sent",
        "behaviour",
        "number",
        "waiting",
        "window",
    )

    def __init__(self, connection: Way, stream: int, window: int) -> None:
        self.number = stream
        self.window = window
        self.waiting = 0
        self.behaviour: Behaviour = _SILENCE
        self._connection = connection
        self._envelopes = _NOTHING
        self._pending: deque[bytes] = deque()
        self._sent = self._gathered = 0
        self._room = FIRST_WINDOW
        self._deadline: TimerHandle | None = None
        self._answered = self._ended = self._finished = False
        self._last: bytes | None = None

    @property
    def ended(self) -> bool:
        """Whether all has been said, if not yet sent."""
        return self._ended

    @property
    def blocked(self) -> bool:
        """Whether earlier bytes wait, or what is written now would."""
        if self._pending or self.window <= 0:
            return True
        if self._connection.blocked:
            self._connection.waiting[self] = None
            return True
        return False

    def expect(self, encoding: str, timeout: float | None) -> None:
        """What the head of the call said."""
        self._envelopes = Envelopes(encoding)
        if timeout is not None:
            self._deadline = self._connection.later(timeout, self._late)

    # ── What is sent ─────────────────────────────────────────────────────────────────────────────

    def write(self, message: bytes) -> None:
        """A message; at once, where it fits."""
        size = len(message) + _ENVELOPE_BYTES
        connection = self._connection
        if (
            self._pending
            or size > self.window
            or size > connection.window
            or size > MAX_FRAME_BYTES
            or connection.full
            or self._ended
        ):
            self._hold(message)
            return
        self.window -= size
        connection.window -= size
        out = connection.out
        if not out:
            connection.wake()
        if not self._answered:
            self.answer()
        out.append(_HEADS(0, size, DATA, 0, self.number, 0, size - _ENVELOPE_BYTES))
        out.append(message)

    def answer(self) -> None:
        """The head of the answer; by itself where there is nothing yet to say."""
        if not self._answered:
            self._answered = True
            self._connection.tell(header_frames(self.number, HEAD))

    def end(self, error: HubError | CallError | None = None) -> None:
        """After what was written; an error goes before messages of which nothing is sent."""
        if self._ended:
            return
        if isinstance(error, HubError):
            error = as_call_error(error)
        if error is not None:
            self._drop_unsent()
        self._last = DONE if error is None else trailers(error)
        self._leave()
        self._drain()

    def too_slow(self) -> None:
        self.end(TooSlowError("read faster, or ask for less"))

    def _hold(self, message: bytes) -> None:
        if self._ended:
            return
        held = _ENVELOPE(0, len(message)) + message
        self._pending.append(held)
        self._count(len(held))
        if self._connection.held > MAX_HELD_BYTES:
            self.too_slow()
        else:
            self._drain()

    def _drain(self) -> None:
        connection = self._connection
        while self._pending and not connection.full:
            room = min(self.window, connection.window, MAX_FRAME_BYTES)
            if room <= 0:
                break
            self.answer()
            self._send(room)
        if self._pending:
            if self.window > 0:
                connection.waiting[self] = None
        elif self._last is not None:
            self._finish(self._last)

    def _send(self, room: int) -> None:
        """A frame of the first that waits."""
        first = self._pending[0]
        piece = first[self._sent : self._sent + room]
        self._sent += len(piece)
        self.window -= len(piece)
        self._connection.window -= len(piece)
        self._count(-len(piece))
        self._connection.tell(frame(DATA, 0, self.number, piece))
        if self._sent == len(first):
            self._pending.popleft()
            self._sent = 0

    def _finish(self, last: bytes) -> None:
        self._last = None
        block = last if self._answered else HEAD + last
        self._connection.tell(header_frames(self.number, block, END_STREAM))
        self._connection.close(self, unasked=not self._finished)

    def _drop_unsent(self) -> None:
        while len(self._pending) > (1 if self._sent else 0):
            self._count(-len(self._pending.pop()))

    def _count(self, more: int) -> None:
        self.waiting += more
        self._connection.held += more

    # ── What comes ───────────────────────────────────────────────────────────────────────────────

    def received(self, data: Frame) -> None:
        """Raises StreamFaultError."""
        if self._finished:
            raise StreamFaultError(Fault.STREAM_CLOSED, self.number)
        self._room -= data.size
        if self._room < 0:
            raise StreamFaultError(Fault.FLOW_CONTROL_ERROR, self.number)
        self._finished = bool(data.flags & END_STREAM)
        if self._room < FIRST_WINDOW // 2 and not self._finished:
            more = FIRST_WINDOW - self._room
            self._room = FIRST_WINDOW
            self._connection.tell(frame(WINDOW_UPDATE, 0, self.number, number(more)))
        if not self._ended:
            self.act(lambda: self._read(data.payload))

    def finished(self) -> None:
        """The client has ended its half. Raises StreamFaultError."""
        if self._finished:
            raise StreamFaultError(Fault.STREAM_CLOSED, self.number)
        self._finished = True
        if not self._ended:
            self.act(self._finish_reading)

    def widen(self, more: int) -> None:
        """Raises StreamFaultError."""
        self.window += more
        if self.window > MAX_WINDOW:
            raise StreamFaultError(Fault.FLOW_CONTROL_ERROR, self.number)

    def resume(self) -> None:
        """Something is not blocked any more."""
        self._drain()
        if not self._pending and not self._ended:
            self.act(self.behaviour.writable)

    def gone(self) -> None:
        """Nobody hears what is said now."""
        self._last = None
        self._pending.clear()
        self._count(-self.waiting)
        if not self._ended:
            self._leave()

    def act(self, step: Callable[[], None]) -> None:
        """What it raises is the end of the call, and of nothing else."""
        try:
            step()
        except (HubError, CallError) as error:
            self.end(error)
        except Exception:
            log.exception("a call failed")
            self.end(CallError(Status.UNKNOWN, "something went wrong"))

    def _read(self, payload: bytes) -> None:
        envelopes = self._envelopes
        for message in envelopes.messages(payload):
            self.behaviour.received(message)
            if self._ended:
                return
        self._gather(envelopes.gathered)
        if self._connection.gathered > MAX_GATHERED_BYTES:
            raise CallError(Status.RESOURCE_EXHAUSTED, "too many messages that are not whole")
        if self._finished:
            self._finish_reading()

    def _gather(self, size: int) -> None:
        self._connection.gathered += size - self._gathered
        self._gathered = size

    def _finish_reading(self) -> None:
        if self._envelopes.gathered:
            raise CallError(Status.INTERNAL, "the last message is not whole")
        self.behaviour.finished()

    def _late(self) -> None:
        self.end(CallError(Status.DEADLINE_EXCEEDED, "the deadline is over"))

    def _leave(self) -> None:
        self._ended = True
        self._gather(0)
        self._envelopes = _NOTHING
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        behaviour, self.behaviour = self.behaviour, _SILENCE
        behaviour.left()
