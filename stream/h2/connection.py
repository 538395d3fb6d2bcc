"""One connection of HTTP/2 as a server sees it: no sockets, only bytes in and bytes out."""

from asyncio import TimerHandle
from collections.abc import Callable, Mapping
from time import monotonic
from typing import NamedTuple, Protocol

from hub.application.ports.identity import Identity
from stream.guests import bearer
from stream.h2 import frames, limits
from stream.h2.behaviours import Admission
from stream.h2.call import Behaviour, Call
from stream.h2.frames import (
    ConnectionFaultError,
    Fault,
    Frame,
    FrameReader,
    StreamFaultError,
    check_settings,
    frame,
    number,
)
from stream.h2.heads import Block, Blocks, Head, NotGrpcError, head_of
from stream.h2.status import CallError, Status, http_refusal

_ABANDONED_KEPT = limits.MAX_STREAMS
_GREETING = frame(
    frames.SETTINGS,
    0,
    0,
    frames.settings(
        {
            frames.MAX_CONCURRENT_STREAMS: limits.MAX_STREAMS,
            frames.MAX_HEADER_LIST_SIZE: limits.MAX_HEADER_LIST_BYTES,
        }
    ),
)
_SETTLED = frame(frames.SETTINGS, frames.ACK, 0)
_KEEPALIVE, _LAST_CALL = b"awake?..", b"goodbye."


class Method(NamedTuple):
    """`open` gives what answers a call, and may raise HubError; who calls is known, unless the
    method is for anybody."""

    open: Callable[[Call, Identity | None], Behaviour]
    for_anybody: bool = False


class People(Protocol):
    """Who bears what credential."""

    def known(self, credential: str) -> Identity | None:
        """None: it has to be found. Raises HubError."""
        ...

    async def found(self, credential: str) -> Identity:
        """Raises HubError."""
        ...


class Offer(NamedTuple):
    """What is offered on every connection, by path, and to whom."""

    methods: Mapping[str, Method]
    people: People
    later: Callable[[float, Callable[[], None]], TimerHandle]


class Connection:
    """`out` is to be sent, `full` says that what went before is not yet taken; `wake` is called
    when something is put into an empty `out`. When it is `over` the rest is sent, and that is all.
    """

    __slots__ = (
        "_abandoned",
        "_blocks",
        "_calls",
        "_closed",
        "_first_window",
        "_heard",
        "_highest",
        "_moved",
        "_offer",
        "_pinged",
        "_reader",
        "_resets",
        "_retiring",
        "_room",
        "_settled",
        "_small",
        "_unsent",
        "full",
        "gathered",
        "held",
        "later",
        "out",
        "over",
        "waiting",
        "wake",
        "window",
    )

    def __init__(self, offer: Offer, wake: Callable[[], None]) -> None:
        now = monotonic()
        self.out: list[bytes] = [_GREETING]
        self.full = self.over = False
        self.window = frames.FIRST_WINDOW
        self.held = self.gathered = 0
        self.waiting: dict[Call, None] = {}
        self.wake = wake
        self.later = offer.later
        self._offer = offer
        self._reader = FrameReader()
        self._blocks = Blocks()
        self._calls: dict[int, Call] = {}
        self._abandoned: dict[int, None] = {}
        self._first_window = self._room = frames.FIRST_WINDOW
        self._highest = self._unsent = 0
        self._settled = self._pinged = self._retiring = self._closed = False
        self._heard = self._moved = now
        self._resets = limits.resets(now)
        self._small = limits.small_frames(now)

    @property
    def blocked(self) -> bool:
        """Whether no stream can send anything."""
        return self.full or self.window <= 0

    @property
    def calls(self) -> int:
        return len(self._calls)

    def tell(self, data: bytes) -> None:
        if not self.out:
            self.wake()
        self.out.append(data)
        if self.full:
            self._unsent += len(data)
            if self._unsent > limits.MAX_UNSENT_BYTES:
                self.lost()

    def sent(self, size: int) -> None:
        """So much of `out` is on its way."""
        self._small.earn(size / limits.BYTES_SENT_FOR_ONE)

    def received(self, data: bytes) -> None:
        if self.over:
            return
        self._heard = monotonic()
        if not self._reader.partial:
            self._moved = self._heard
        try:
            for each in self._reader.frames(data):
                self._take(each)
                if self.over:
                    return
        except ConnectionFaultError as error:
            self._fail(error.fault, error.reason)

    def freed(self) -> None:
        """All that was sent is taken, or the window is wider: who waits goes on, in turn."""
        if not self.full:
            self._unsent = 0
        waiting, self.waiting = self.waiting, {}
        for call in waiting:
            if self.blocked:
                self.waiting.setdefault(call)
            else:
                call.resume()

    def close(self, call: Call, *, unasked: bool) -> None:
        if unasked:
            self.tell(frame(frames.RST_STREAM, 0, call.number, number(Fault.NO_ERROR)))
            self._abandon(call.number)
        self._forget(call)

    def tick(self, now: float) -> None:
        """Called about once a second."""
        halfway = not self._settled or self._reader.partial or self._blocks.pending
        if halfway and now - self._moved > limits.HEAD_WITHIN:
            self._fail(Fault.ENHANCE_YOUR_CALM, "too slow")
        elif now - self._heard > limits.KEEPALIVE_SECONDS + limits.KEEPALIVE_WITHIN:
            self.lost()
        elif now - self._heard > limits.KEEPALIVE_SECONDS and not self._pinged:
            self._pinged = True
            self.tell(frame(frames.PING, 0, 0, _KEEPALIVE))

    def retire(self) -> None:
        """No more calls but those that are on the way, which the answer to a ping tells."""
        if not self._retiring:
            self._go_away(frames.MAX_WINDOW, Fault.NO_ERROR, b"")
            self.tell(frame(frames.PING, 0, 0, _LAST_CALL))

    def end_calls(self, error: CallError) -> None:
        for call in list(self._calls.values()):
            call.end(error)

    def lost(self) -> None:
        """Nothing more can be said."""
        self.over = True
        self.out.clear()
        self._drop_calls()

    # ── What comes ───────────────────────────────────────────────────────────────────────────────

    def _take(self, each: Frame) -> None:
        """Raises ConnectionFaultError."""
        self._blocks.check_turn(each)
        if not self._settled and (each.kind != frames.SETTINGS or each.flags & frames.ACK):
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "settings come first")
        try:
            _ACTS.get(each.kind, Connection._on_trifle)(self, each)
        except StreamFaultError as error:
            self._reset(error)
        if not self._blocks.pending:
            self._moved = self._heard

    def _on_headers(self, each: Frame) -> None:
        block = self._blocks.take(each)
        if block is None:
            return
        stream = block.stream
        if call := self._calls.get(stream):
            if not block.ends:
                raise StreamFaultError(Fault.PROTOCOL_ERROR, stream)
            call.finished()
        elif stream in self._abandoned:
            return
        elif stream % 2 == 0 or stream <= self._highest:
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "headers of a stream that was")
        else:
            self._highest = stream
            self._open(block)

    def _open(self, block: Block) -> None:
        """Raises StreamFaultError."""
        if self._closed or len(self._calls) >= limits.MAX_STREAMS:
            raise StreamFaultError(Fault.REFUSED_STREAM, block.stream)
        call = self._calls[block.stream] = Call(self, block.stream, self._first_window)
        try:
            head = head_of(block)
        except NotGrpcError as error:
            refusal = http_refusal(error.status)
            self.tell(frames.header_frames(block.stream, refusal, frames.END_STREAM))
            call.gone()
            self.close(call, unasked=not block.ends)
        except CallError as error:
            call.end(error)
        else:
            call.act(lambda: self._begin(call, head))
            if block.ends:
                call.finished()

    def _begin(self, call: Call, head: Head) -> None:
        """Raises HubError or CallError."""
        call.expect(head.encoding, head.timeout)
        method = self._offer.methods.get(head.path)
        if method is None:
            raise CallError(Status.UNIMPLEMENTED, "there is no such method")
        if method.for_anybody:
            call.behaviour = method.open(call, None)
            return
        credential, people = bearer(head.authorization), self._offer.people
        if caller := people.known(credential):
            call.behaviour = method.open(call, caller)
        else:
            call.behaviour = Admission(call, people.found(credential), method.open)

    def _on_data(self, each: Frame) -> None:
        self._room -= each.size
        if self._room < 0:
            raise ConnectionFaultError(Fault.FLOW_CONTROL_ERROR, "more than the window")
        if self._room < frames.FIRST_WINDOW // 2:
            more = frames.FIRST_WINDOW - self._room
            self._room = frames.FIRST_WINDOW
            self.tell(frame(frames.WINDOW_UPDATE, 0, 0, number(more)))
        if not each.payload:
            self._spend(1)
        if call := self._calls.get(each.stream):
            call.received(each)
        elif each.stream not in self._abandoned:
            fault = Fault.STREAM_CLOSED if self._was(each.stream) else Fault.PROTOCOL_ERROR
            raise ConnectionFaultError(fault, "data of no stream")

    def _on_reset(self, each: Frame) -> None:
        if not self._was(each.stream):
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "a reset of no stream")
        self._spend_reset()
        if call := self._calls.get(each.stream):
            call.gone()
            self._forget(call)

    def _on_settings(self, each: Frame) -> None:
        if each.flags & frames.ACK:
            if each.payload:
                raise ConnectionFaultError(Fault.FRAME_SIZE_ERROR, "an answer to settings")
            self._spend(1)
            return
        self._settled = True
        self._spend(limits.SETTINGS_COST)
        wanted = dict(frames.read_settings(each.payload))
        check_settings(wanted)
        first = wanted.get(frames.INITIAL_WINDOW_SIZE, self._first_window)
        more, self._first_window = first - self._first_window, first
        self.tell(_SETTLED)
        if more:
            for call in list(self._calls.values()):
                call.widen(more)
                call.resume()

    def _on_ping(self, each: Frame) -> None:
        self._spend(1)
        if not each.flags & frames.ACK:
            self.tell(frame(frames.PING, frames.ACK, 0, each.payload))
        elif each.payload == _LAST_CALL and self._retiring and not self._closed:
            self._closed = True
            self._go_away(self._highest, Fault.NO_ERROR, b"")
            self._end_if_idle()
        self._pinged = False

    def _on_window_update(self, each: Frame) -> None:
        self._spend(1)
        more = int.from_bytes(each.payload, "big") & frames.MAX_WINDOW
        if each.stream:
            self._widen_stream(each.stream, more)
            return
        self.window += more
        if not more or self.window > frames.MAX_WINDOW:
            fault = Fault.FLOW_CONTROL_ERROR if more else Fault.PROTOCOL_ERROR
            raise ConnectionFaultError(fault, "a window that cannot be")
        self.freed()

    def _widen_stream(self, stream: int, more: int) -> None:
        if call := self._calls.get(stream):
            if not more:
                raise StreamFaultError(Fault.PROTOCOL_ERROR, stream)
            call.widen(more)
            call.resume()
        elif not self._was(stream):
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "a window of no stream")

    def _on_push(self, _each: Frame) -> None:
        raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "clients push nothing")

    def _on_trifle(self, _each: Frame) -> None:
        """Priorities, a farewell, kinds that are not known: taken, and worth nothing."""
        self._spend(1)

    # ── The end ──────────────────────────────────────────────────────────────────────────────────

    def _spend(self, cost: float) -> None:
        if not self._small.spend(cost, self._heard):
            raise ConnectionFaultError(Fault.ENHANCE_YOUR_CALM, "too many frames")

    def _spend_reset(self) -> None:
        if not self._resets.spend(1, self._heard):
            raise ConnectionFaultError(Fault.ENHANCE_YOUR_CALM, "too many streams reset")

    def _reset(self, error: StreamFaultError) -> None:
        """The client made a reset necessary, which costs it what its own would."""
        try:
            self._spend_reset()
        except ConnectionFaultError as fault:
            self._fail(fault.fault, fault.reason)
            return
        self.tell(frame(frames.RST_STREAM, 0, error.stream, number(error.fault)))
        self._abandon(error.stream)
        if call := self._calls.get(error.stream):
            call.gone()
            self._forget(call)

    def _fail(self, fault: Fault, reason: str) -> None:
        self._go_away(self._highest, fault, reason.encode())
        self.over = True
        self._drop_calls()

    def _go_away(self, last: int, fault: Fault, reason: bytes) -> None:
        self._retiring = True
        self.tell(frame(frames.GOAWAY, 0, 0, number(last) + number(fault) + reason))

    def _abandon(self, stream: int) -> None:
        """What is on its way on a stream that ended here first is passed over."""
        self._abandoned[stream] = None
        if len(self._abandoned) > _ABANDONED_KEPT:
            del self._abandoned[next(iter(self._abandoned))]

    def _forget(self, call: Call) -> None:
        self._calls.pop(call.number, None)
        self.waiting.pop(call, None)
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._closed and not self._calls:
            self.over = True
            self.wake()

    def _drop_calls(self) -> None:
        calls, self._calls = self._calls, {}
        self.waiting.clear()
        for call in calls.values():
            call.gone()
        self.wake()

    def _was(self, stream: int) -> bool:
        return stream % 2 == 1 and stream <= self._highest


_ACTS: Mapping[int, Callable[[Connection, Frame], None]] = {
    frames.DATA: Connection._on_data,
    frames.HEADERS: Connection._on_headers,
    frames.CONTINUATION: Connection._on_headers,
    frames.RST_STREAM: Connection._on_reset,
    frames.SETTINGS: Connection._on_settings,
    frames.PUSH_PROMISE: Connection._on_push,
    frames.PING: Connection._on_ping,
    frames.WINDOW_UPDATE: Connection._on_window_update,
}
