"""One connection of the HTTP port: reads the request, and hands the socket to who serves it."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

from hub.domain.kernel import HubError
from hub.entrypoints.errors import http_status

MAX_HEAD_BYTES = 16 * 1024
# The kernel holds back no more unsent bytes than this, so that a slow client gets fresh quotes.
_UNSENT_BYTES = 16 * 1024
_HEAD_WITHIN = 10.0
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

    def left(self) -> None: ...


Route = Callable[[Request, "Door"], None]


class Door(asyncio.Protocol):
    """`route` answers a request, or seats a guest."""

    def __init__(self, route: Route, doors: "set[Door]") -> None:
        self.blocked_since: float | None = None
        self._route = route
        self._doors = doors
        self._guest: Guest | None = None
        self._head = b""
        self._transport: asyncio.Transport | None = None
        self._late: asyncio.TimerHandle | None = None

    @property
    def blocked(self) -> bool:
        return self.blocked_since is not None

    @property
    def waiting(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._doors.add(self)
        # Any byte that the kernel does not take at once means: blocked.
        transport.set_write_buffer_limits(high=0)
        wire = transport.get_extra_info("socket")
        if wire is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._late = asyncio.get_running_loop().call_later(_HEAD_WITHIN, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._guest is not None:
            self._guest.received(data)
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= MAX_HEAD_BYTES:
            return
        self._forget_lateness()
        request = parsed_request(self._head[: end + 4]) if end >= 0 else None
        if request is None:
            self.answer(HTTPStatus.BAD_REQUEST, {"code": "bad_request"})
        else:
            self._head, rest = b"", self._head[end + 4 :]
            self._route(request, self)
            if rest and self._guest is not None:
                self._guest.received(rest)

    def pause_writing(self) -> None:
        self.blocked_since = monotonic()

    def resume_writing(self) -> None:
        self.blocked_since = None
        if self._guest is not None:
            self._guest.writable()

    def connection_lost(self, _error: Exception | None) -> None:
        self._doors.discard(self)
        self._forget_lateness()
        if self._guest is not None:
            self._guest.left()

    def seat(self, guest: Guest) -> None:
        """What comes from now on is for `guest`."""
        self._guest = guest

    @property
    def gone(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if not self.gone:
            assert self._transport is not None
            self._transport.write(data)

    def close(self) -> None:
        """When what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

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
        self.answer(HTTPStatus(http_status(error)), body, headers=OPEN_TO_PAGES)

    def _forget_lateness(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


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
    values = {name: value[-1] for name, value in parse_qs(query).items()}
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
