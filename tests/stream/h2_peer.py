"""A client of HTTP/2 for tests, on a connection without sockets: every frame as one wants it."""

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hpack import Decoder, Encoder

from hub.application.ports.identity import Identity
from stream.h2.behaviours import Once, Streaming
from stream.h2.call import Behaviour, Call
from stream.h2.connection import Connection, Method, Offer
from tests.stream.program import verify
from tests.stream.servers import TOKEN

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITIZED = 1, 4, 8, 32
HEAD = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test/Echo"),
    (":authority", "test"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
    ("authorization", f"Bearer {TOKEN}"),
]


class Heard(NamedTuple):
    """A frame that the server sent."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self) -> int:
        """Of a reset, or of a farewell."""
        return int.from_bytes(self.payload[4:8] if self.kind == GOAWAY else self.payload, "big")


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + number(stream) + payload


def number(value: int) -> bytes:
    return struct.pack(">I", value)


def setting(name: int, value: int) -> bytes:
    return struct.pack(">HI", name, value)


def envelope(message: bytes, flag: int = 0) -> bytes:
    return bytes((flag,)) + number(len(message)) + message


def frames(data: bytes) -> Iterator[Heard]:
    while data:
        size = int.from_bytes(data[:3], "big")
        yield Heard(data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + size])
        data = data[9 + size :]


class Source:
    """A stream that a test speaks on."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.asks: list[bytes] = []
        self.freed = 0
        self.left = False

    def asked(self, request: bytes) -> None:
        if request == b"fail":
            raise RuntimeError("as it was told")
        self.asks.append(request)

    def writable(self) -> None:
        self.freed += 1

    def leave(self) -> None:
        assert not self.left
        self.left = True


class Timer(NamedTuple):
    """A deadline that can be called off."""

    cancel: Callable[[], None]


class Bytes:
    """The kind of messages that are what they are."""

    @staticmethod
    def FromString(data: bytes) -> bytes:
        return data


class People:
    """All of them are at hand."""

    def known(self, credential: str) -> Identity | None:
        return verify(credential)

    async def found(self, credential: str) -> Identity:
        return verify(credential)


class Peer:
    """`timers` are the deadlines that run, with their seconds."""

    def __init__(self, *, greets: bool = True) -> None:
        self.sources: list[Source] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.woken = 0
        self.encoder = Encoder()
        self._decoder = Decoder()
        self._stream = -1
        methods = {
            "/test/Echo": Method(lambda call, _: Once(call, bytes)),
            "/test/Stream": Method(self._open),
        }
        self.server = Connection(Offer(methods, People(), self._later), self._wake)
        if greets:
            self.say(PREFACE, frame(SETTINGS))
            self.heard()

    def say(self, *data: bytes) -> None:
        self.server.received(b"".join(data))

    def written(self) -> bytes:
        data = b"".join(self.server.out)
        self.server.out.clear()
        return data

    def heard(self) -> list[Heard]:
        return list(frames(self.written()))

    def head(self, *more: tuple[str, str], path: str = "/test/Echo") -> bytes:
        fields = [(name, path if name == ":path" else value) for name, value in HEAD]
        return self.encoder.encode([*fields, *more])

    def next_stream(self) -> int:
        self._stream += 2
        return self._stream

    def ask(self, *messages: bytes, more: list[tuple[str, str]] | None = None) -> int:
        """A whole call of `/test/Echo`: its stream."""
        stream = self.next_stream()
        data = b"".join(envelope(each) for each in messages)
        self.say(
            frame(HEADERS, END_HEADERS, stream, self.head(*(more or []))),
            frame(DATA, END_STREAM, stream, data),
        )
        return stream

    def open(self) -> tuple[int, Source]:
        """A call of `/test/Stream` that stays open, its answer begun."""
        stream = self.next_stream()
        self.say(frame(HEADERS, END_HEADERS, stream, self.head(path="/test/Stream")))
        return stream, self.sources[-1]

    def fields(self, heard: Heard) -> dict[str, str]:
        assert heard.flags & END_HEADERS
        return {str(name): str(value) for name, value in self._decoder.decode(heard.payload)}

    def status(self) -> dict[str, str]:
        """The trailers of the only call that ended."""
        (last,) = [
            each for each in self.heard() if each.kind == HEADERS and each.flags & END_STREAM
        ]
        return self.fields(last)

    def farewell(self) -> int:
        """Why the server ended the connection."""
        (last,) = [each for each in self.heard() if each.kind == GOAWAY]
        assert self.server.over
        return last.code

    def _open(self, call: Call, _caller: Identity | None) -> Behaviour:
        source = Source(call)
        self.sources.append(source)
        return Streaming(source, Bytes, once=False)

    def _later(self, seconds: float, act: Callable[[], None]) -> Any:
        timer = (seconds, act)
        self.timers.append(timer)

        return Timer(lambda: self.timers.remove(timer))

    def _wake(self) -> None:
        self.woken += 1
