"""One connection of the HTTP port: reads the request, and hands the socket to who serves it."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

from hub.domain.kernel import HubError, ThrottledError
from hub.entrypoints.errors import http_status

MAX_HEAD_BYTES = 16 * 1024
_PIECE = 64 * 1024
_OPEN, _SAID_ALL, _CLOSING, _ABORTING, _GONE = range(5)
JSON = "application/json"
# A page of any origin may read: what it may see, the token decides, and there are no cookies.
OPEN_TO_PAGES = {"Access-Control-Allow-Origin": "*"}


class Request(NamedTuple):
    """`head` is the request as it came. Header names are in small letters."""

    head: bytes
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Guest(Protocol):
    """Who serves the connection after its request."""

    def received(self, data: bytes) -> None: ...

    def writable(self) -> None: ...

    def too_slow(self) -> None:
        """It is owed more than can be kept for it."""
        ...

    def left(self) -> None: ...


Route = Callable[[Request, "Door"], None]


class Hall(Protocol):
    """What connections come through."""

    def seated(self, door: "Door") -> None: ...

    def left(self, door: "Door") -> None: ...


class Door:
    """`route` answers a request, or seats a guest.

    Writes to its socket at once. What the socket does not take waits, and from then on the door is
    blocked until all of it is taken.
    """

    __slots__ = (
        "_guest",
        "_hall",
        "_head",
        "_loop",
        "_rest",
        "_route",
        "_send",
        "_state",
        "_wire",
        "blocked",
        "blocked_since",
    )

    def __init__(self, wire: socket.socket, route: Route, hall: Hall) -> None:
        self.blocked = False
        self.blocked_since: float | None = None
        self._route = route
        self._hall = hall
        self._guest: Guest | None = None
        self._head = b""
        self._rest: bytearray | None = None
        self._state = _OPEN
        self._wire = wire
        self._send = wire.send
        self._loop = asyncio.get_running_loop()
        wire.setblocking(False)
        self._loop.add_reader(wire.fileno(), self._readable)

    @property
    def waiting(self) -> int:
        return len(self._rest) if self._rest is not None else 0

    @property
    def gone(self) -> bool:
        return self._state != _OPEN

    def seat(self, guest: Guest) -> None:
        """What comes from now on is for `guest`."""
        self._guest = guest
        self._hall.seated(self)

    def write(self, data: bytes) -> None:
        if self._state != _OPEN:
            return
        if self.blocked:
            assert self._rest is not None
            self._rest += data
            return
        # Called as `self._send(...)` it would be looked for among the methods first, every time.
        send = self._send
        try:
            sent = send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            return
        if sent < len(data):
            self._keep(data[sent:])

    def too_slow(self) -> None:
        assert self._guest is not None
        self._guest.too_slow()

    def end_writing(self) -> None:
        """When what was written is sent, the client is told that no more comes; until it leaves,
        what it still says is read and not heard."""
        if self._state == _OPEN:
            self._state = _SAID_ALL
            if self._rest is None:
                self._shut()

    def close(self) -> None:
        """When what was written is sent."""
        if self._state in {_OPEN, _SAID_ALL}:
            self._state = _CLOSING
            self._loop.remove_reader(self._wire.fileno())
            if self._rest is None:
                self._loop.call_soon(self._left)

    def abort(self) -> None:
        # Who writes may be going through all guests: this one leaves later.
        if self._state in {_OPEN, _SAID_ALL, _CLOSING}:
            self._state = _ABORTING
            self._loop.call_soon(self._left)

    def answer(
        self,
        status: HTTPStatus,
        body: Mapping[str, Any] | str,
        kind: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A whole response, and the end of the connection."""
        text = body if isinstance(body, str) else json.dumps(body)
        content = text.encode()
        fields = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "Connection": "close",
            **(headers or {}),
        }
        self.write(head_of(status, fields) + content)
        self.close()

    def refuse(self, error: HubError) -> None:
        body = {"code": error.code, "message": error.detail}
        again = {"Retry-After": str(error.seconds)} if isinstance(error, ThrottledError) else {}
        self.answer(HTTPStatus(http_status(error)), body, headers=again | OPEN_TO_PAGES)

    def _readable(self) -> None:
        try:
            data = self._wire.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            self.abort()
            return
        if not data:
            self.close()
        elif self._state == _OPEN:
            self._received(data)

    def _received(self, data: bytes) -> None:
        if self._guest is not None:
            self._guest.received(data)
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= MAX_HEAD_BYTES:
            return
        request = parsed_request(self._head[: end + 4]) if end >= 0 else None
        if request is None:
            self.answer(HTTPStatus.BAD_REQUEST, {"code": "bad_request"})
            return
        self._head, rest = b"", self._head[end + 4 :]
        self._route(request, self)
        if rest and self._guest is not None and self._state == _OPEN:
            self._guest.received(rest)

    def _keep(self, rest: bytes) -> None:
        self._rest = bytearray(rest)
        self.blocked = True
        self.blocked_since = monotonic()
        self._loop.add_writer(self._wire.fileno(), self._writable)

    def _writable(self) -> None:
        assert self._rest is not None
        try:
            sent = self._send(self._rest)
        except BlockingIOError:
            return
        except OSError:
            self.abort()
            return
        del self._rest[:sent]
        if self._rest:
            return
        self._rest = self.blocked_since = None
        self.blocked = False
        self._loop.remove_writer(self._wire.fileno())
        if self._state == _OPEN and self._guest is not None:
            self._guest.writable()
        elif self._state == _SAID_ALL:
            self._shut()
        elif self._state == _CLOSING:
            self._left()

    def _shut(self) -> None:
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_WR)

    def _left(self) -> None:
        if self._state == _GONE:
            return
        self._state = _GONE
        number = self._wire.fileno()
        self._loop.remove_reader(number)
        self._loop.remove_writer(number)
        self._wire.close()
        self._rest = None
        self._hall.left(self)
        if self._guest is not None:
            self._guest.left()


class Waiting:
    """A guest before it is known who it is. It has asked, and is to hear the answer first."""

    __slots__ = ("_door",)

    def __init__(self, door: Door) -> None:
        self._door = door

    def received(self, data: bytes) -> None:  # noqa: ARG002  # a guest's; whatever it is
        self._door.abort()

    def writable(self) -> None: ...

    def too_slow(self) -> None: ...

    def left(self) -> None: ...


def head_of(status: HTTPStatus, fields: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def parsed_request(head: bytes) -> Request | None:
    """None where it is not HTTP/1.1, or has a body, which nothing here takes."""
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    words = first.split(" ")
    headers = _headers(lines)
    if len(words) != 3 or words[2] != "HTTP/1.1" or not words[1].startswith("/") or not headers:
        return None
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return None
    path, _, query = words[1].partition("?")
    values = {name: value[-1] for name, value in parse_qs(query).items()} if query else {}
    return Request(head, words[0], path, values, headers)


def _headers(lines: Sequence[str]) -> dict[str, str] | None:
    """None where one is no header, or comes twice: two readers could take either."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or name.lower() in headers:
            return None
        headers[name.lower()] = value.strip()
    return headers
