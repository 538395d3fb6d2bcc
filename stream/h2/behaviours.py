"""Ways to answer a call: once, once and later, with a stream; and to wait for who it is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from google.protobuf.message import DecodeError

from hub.application.ports.identity import Identity
from stream.h2.call import Behaviour, Call
from stream.h2.status import CallError, Status

_Message_co = TypeVar("_Message_co", covariant=True)
# Of a call whose caller is being looked up.
_KEPT_MESSAGES = 4


class Kind(Protocol[_Message_co]):
    """A class of messages."""

    def FromString(self, data: bytes) -> _Message_co: ...  # noqa: N802


class _Single:
    """One message comes, no more and no less."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._message: bytes | None = None

    def received(self, message: bytes) -> None:
        if self._message is not None:
            raise _miscounted()
        self._message = message

    def finished(self) -> None:
        if self._message is None:
            raise _miscounted()
        self._act(self._message)

    def writable(self) -> None: ...

    def left(self) -> None: ...

    def _act(self, message: bytes) -> None:
        raise NotImplementedError

    def _tell(self, answer: bytes) -> None:
        self._call.write(answer)
        self._call.end()


class Once(_Single):
    """What `answer` makes of the message goes back."""

    def __init__(self, call: Call, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(call)
        self._answer = answer

    def _act(self, message: bytes) -> None:
        self._tell(self._answer(message))


class Later(_Single):
    """The same, where the answer takes its time."""

    def __init__(self, call: Call, answer: Callable[[bytes], Awaitable[bytes]]) -> None:
        super().__init__(call)
        self._answer = answer
        self._working: asyncio.Future[bytes] | None = None

    def left(self) -> None:
        if self._working is not None:
            self._working.cancel()

    def _act(self, message: bytes) -> None:
        self._working = asyncio.ensure_future(self._answer(message))
        self._working.add_done_callback(self._found)

    def _found(self, done: asyncio.Future[bytes]) -> None:
        if not done.cancelled():
            self._call.act(lambda: self._tell(done.result()))


class Admission:
    """Keeps what comes until it is known who calls; from then on what `begin` gives answers."""

    def __init__(
        self,
        call: Call,
        finding: Awaitable[Identity],
        begin: Callable[[Call, Identity | None], Behaviour],
    ) -> None:
        self._call = call
        self._begin = begin
        self._kept: list[bytes] = []
        self._all_said = False
        self._finding = asyncio.ensure_future(finding)
        self._finding.add_done_callback(self._found)

    def received(self, message: bytes) -> None:
        if len(self._kept) >= _KEPT_MESSAGES:
            raise CallError(Status.RESOURCE_EXHAUSTED, "too many messages before the first answer")
        self._kept.append(message)

    def finished(self) -> None:
        self._all_said = True

    def writable(self) -> None: ...

    def left(self) -> None:
        self._finding.cancel()

    def _found(self, done: asyncio.Future[Identity]) -> None:
        if not done.cancelled():
            self._call.act(lambda: self._go_on(done.result()))

    def _go_on(self, caller: Identity) -> None:
        behaviour = self._call.behaviour = self._begin(self._call, caller)
        for message in self._kept:
            behaviour.received(message)
            if self._call.ended:
                return
        if self._all_said:
            behaviour.finished()


class Opened(Protocol):
    """A stream that goes on by itself."""

    def asked(self, request: Any) -> None: ...

    def writable(self) -> None: ...

    def leave(self) -> None: ...


class Streaming:
    """`stream` hears every message that comes; `once`: there is one and no more."""

    def __init__(self, stream: Opened, kind: Kind[Any], *, once: bool) -> None:
        self._stream = stream
        self._kind = kind
        self._once = once
        self._heard = False

    def received(self, message: bytes) -> None:
        if self._once and self._heard:
            raise _miscounted()
        self._heard = True
        self._stream.asked(parsed(self._kind, message))

    def finished(self) -> None:
        if self._once and not self._heard:
            raise _miscounted()

    def writable(self) -> None:
        self._stream.writable()

    def left(self) -> None:
        self._stream.leave()


def parsed(kind: Kind[_Message_co], data: bytes) -> _Message_co:
    """Raises CallError."""
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise CallError(Status.INTERNAL, "the message makes no sense") from error


def _miscounted() -> CallError:
    return CallError(Status.UNIMPLEMENTED, "the call takes one message")
