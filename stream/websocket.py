"""Streams by WebSocket: the handshake, the client's requests, heartbeats and the end."""

import asyncio
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from hashlib import sha1
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import Any

from hub.application.ports.identity import Identity
from hub.domain.kernel import (
    ForbiddenError,
    HubError,
    InvalidInputError,
    UnauthenticatedError,
    UnavailableError,
)
from stream import frames
from stream.door import Door, Request, head_of
from stream.encoding import websocket_json, websocket_msgpack
from stream.frames import BrokenError, Frames
from stream.rates import Pace
from stream.reader import Subscriber
from stream.requests import MAX_MESSAGE_BYTES, check_count, parsed
from stream.session import CLOSE_WITHIN, HEARTBEAT_SECONDS, SILENT_SECONDS, House

AUTH_WITHIN = 10.0
MESSAGES_PER_SECOND = 10.0
_BURST = 30.0

JSON_PROTOCOL = "hub.v1"
MSGPACK_PROTOCOL = "hub.v1.msgpack"
TOKEN_PROTOCOL = "hub.bearer."  # noqa: S105  # a browser can send a token in no other header

UNAUTHENTICATED = 4401
TOO_SLOW = 4407
TOO_MANY = 4429
FORBIDDEN = 4403
TRY_AGAIN = 1013
_RESTART = 1012
_VERSION = "13"
_KEY_BYTES = 16
_ACCEPTS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocket:
    """One client. Its first message says who it is, unless its handshake did."""

    __slots__ = (
        "_beat",
        "_began",
        "_door",
        "_encode",
        "_ends_at",
        "_finding",
        "_frames",
        "_heard",
        "_house",
        "_identity",
        "_pace",
        "_reader",
    )

    def __init__(self, door: Door, house: House, identity: Identity | None) -> None:
        self._door = door
        self._house = house
        self._identity = identity
        # None when nothing more that comes is looked at.
        self._frames: Frames | None = Frames()
        self._began = self._heard = monotonic()
        self._beat = house.last_beat(self._began)
        self._pace = Pace(MESSAGES_PER_SECOND, _BURST, self._began)
        self._encode = websocket_json
        self._reader: Subscriber | None = None
        self._ends_at = inf
        self._finding: asyncio.Task[None] | None = None

    def open(self, request: Request) -> None:
        """Answer the handshake."""
        key = _key(request.headers)
        if key is None:
            self._door.answer(
                HTTPStatus.UPGRADE_REQUIRED, {"code": "no_websocket"}, headers=_WANTED
            )
            return
        protocol = _chosen(request.headers)
        if request.query.get("format") == "msgpack" or protocol == MSGPACK_PROTOCOL:
            self._encode = websocket_msgpack
        self._house.streams[self] = None
        accepted = _accepted(key, protocol)
        if self._identity is None:
            self._door.write(accepted)
        else:
            self._enter(self._identity, accepted)

    def received(self, data: bytes) -> None:
        self._heard = monotonic()
        if self._frames is None:
            return
        try:
            for opcode, payload in self._frames.take(data, MAX_MESSAGE_BYTES):
                self._take(opcode, payload)
                if self._frames is None:
                    return
        except BrokenError as error:
            self._frames = None
            self._close(error.code, str(error))
            self._door.end_writing()

    def writable(self) -> None:
        if self._reader is not None:
            self._reader.writable()

    def left(self) -> None:
        self._house.streams.pop(self, None)
        if self._reader is not None:
            assert self._identity is not None
            self._reader.leave()
            self._reader = None
            self._house.guests.leave(self._identity)
            self._house.counts.connections["websocket"] -= 1
        if self._finding is not None:
            self._finding.cancel()

    def tick(self, now: float, wall: datetime) -> None:
        if now >= self._ends_at or now - self._heard > SILENT_SECONDS:
            self._door.abort()
        elif self._reader is None:
            if now - self._began > AUTH_WITHIN:
                reason = f"no authentication within {AUTH_WITHIN:g} seconds"
                self._end("unauthenticated", reason, UNAUTHENTICATED)
        elif ending := self._ending(wall):
            reason = f"{ending.detail}: open another stream, or send a new one in time"
            self._end(ending.code, reason, UNAUTHENTICATED)
        elif now - self._beat >= HEARTBEAT_SECONDS:
            self._beat = now
            self._beat_once(wall)

    def restart(self, after_ms: int) -> None:
        self._say(type="reconnect", after_ms=after_ms)
        self._close(_RESTART, "the stream restarts: connect again")

    def too_slow(self) -> None:
        # Behind what it does not read, a close frame would not arrive either.
        self._house.counts.refused["too_slow"] += 1
        self._end("slow_consumer", "read faster, or ask for less", TOO_SLOW)

    def _ending(self, wall: datetime) -> UnauthenticatedError | None:
        assert self._identity is not None
        return self._house.guests.ending(self._identity, wall)

    def _beat_once(self, wall: datetime) -> None:
        if self._ends_at < inf:
            return
        if self._door.blocked:
            self._door.write(frames.PING_FRAME)
            return
        latest = str(self._house.board.latest)
        beat = self._encode({"type": "heartbeat", "cursor": latest, "time": wall.isoformat()})
        self._door.write(frames.PING_FRAME + beat)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.CLOSE:
            self._frames = None
            self._close(frames.close_code(payload), "")
            self._door.close()
        elif opcode == frames.PING:
            # Every one is answered, and the answers wait for a client that does not read.
            if self._paced() and self._ends_at == inf:
                self._door.write(frames.pong(payload))
        elif opcode != frames.PONG:
            # Nothing here is said in bytes: it will be refused as a text that is none.
            self._asked(payload.decode() if opcode == frames.TEXT else "")

    def _asked(self, text: str) -> None:
        if self._ends_at < inf:
            return
        if not self._paced():
            return
        try:
            self._carry_out(parsed(text))
        except HubError as error:
            self._refuse(error)

    def _paced(self) -> bool:
        if self._pace.takes(monotonic()):
            return True
        self._house.counts.refused["too_many_messages"] += 1
        reason = f"at most {MESSAGES_PER_SECOND:g} messages a second"
        self._end("too_many_messages", reason, TOO_MANY)
        return False

    def _carry_out(self, request: dict[str, Any]) -> None:
        action = request.get("action")
        if action == "auth":
            self._authenticate(request)
        elif self._reader is None:
            raise UnauthenticatedError(
                'the first message is {"action":"auth","token":"..."} or has a "ticket"'
            )
        elif action == "subscribe":
            self._subscribe(self._reader, request)
        elif action == "unsubscribe":
            self._reader.unsubscribe(self._house.terms.wish(request).topics)
            self._tell_subscriptions(self._reader)
        else:
            raise InvalidInputError("action is one of auth, subscribe, unsubscribe")

    def _authenticate(self, request: dict[str, Any]) -> None:
        """A token, at any time: it prolongs the stream. A ticket, where there was none."""
        token, ticket = request.get("token"), request.get("ticket")
        guests = self._house.guests
        if isinstance(token, str):
            if identity := guests.known(token):
                self._enter(identity)
            else:
                self._wait_for(guests.found, token)
        elif isinstance(ticket, str) and self._reader is None:
            self._wait_for(guests.redeemed, ticket)
        else:
            raise UnauthenticatedError('auth needs a "token" or, once, a "ticket"')

    def _wait_for(
        self, find: Callable[[str], Coroutine[Any, Any, Identity]], credential: str
    ) -> None:
        if self._finding is not None and not self._finding.done():
            raise UnauthenticatedError("one credential after the other")
        self._finding = asyncio.ensure_future(self._enter_later(find(credential)))

    async def _enter_later(self, finding: Awaitable[Identity]) -> None:
        try:
            self._enter(await finding)
        except HubError as error:
            self._refuse(error)

    def _enter(self, identity: Identity, before: bytes = b"") -> None:
        """What comes `before` goes out in one piece with the answer: many come at once."""
        if self._reader is None:
            try:
                self._house.enter(identity)
            except HubError as error:
                self._door.write(before)
                number = TOO_MANY if error.code == "too_many_streams" else FORBIDDEN
                self._end(error.code, error.detail, number)
                return
            house = self._house
            self._reader = Subscriber(self._door, house.board, self._encode, house.counts)
            house.counts.connections["websocket"] += 1
            house.counts.opened["websocket"] += 1
        elif self._identity is None or identity.customer_id != self._identity.customer_id:
            raise UnauthenticatedError("the stream belongs to another customer")
        else:
            self._house.guests.change(self._identity, identity)
        self._identity = identity
        if self._ends_at == inf:
            self._door.write(before + _WELCOMES[self._encode])

    def _subscribe(self, reader: Subscriber, request: dict[str, Any]) -> None:
        wish = self._house.terms.wish(request)
        check_count(reader.topics | wish.topics)
        self._tell_subscriptions(reader, wish.topics)
        if not reader.subscribe(wish.topics, wish.after) and wish.after is not None:
            self._say(type="not_resumed", cursor=str(self._house.board.latest))

    def _tell_subscriptions(
        self, reader: Subscriber, more: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        channels: dict[str, list[str]] = {}
        for channel, symbol in sorted(reader.topics | more):
            channels.setdefault(channel, []).append(symbol)
        self._say(type="subscriptions", channels=channels)

    def _refuse(self, error: HubError) -> None:
        """Who is not known yet is let go."""
        if self._reader is not None:
            self._say(type="error", code=error.code, message=error.detail)
            return
        code, number = "unauthenticated", UNAUTHENTICATED
        if isinstance(error, ForbiddenError | UnavailableError):
            code = error.code
            number = FORBIDDEN if isinstance(error, ForbiddenError) else TRY_AGAIN
        self._house.counts.refused[code] += 1
        self._end(code, error.detail, number)

    def _end(self, code: str, reason: str, number: int) -> None:
        self._say(type="error", code=code, message=reason)
        self._close(number, code)

    def _close(self, number: int, reason: str) -> None:
        if self._ends_at == inf:
            self._ends_at = monotonic() + CLOSE_WITHIN
            if self._reader is not None:
                self._reader.leave()
            self._door.write(frames.close(number, reason))

    def _say(self, **message: Any) -> None:
        if self._ends_at == inf:
            self._door.write(self._encode(message))


def _head(protocol: str | None) -> bytes:
    """All but the key of the answer to a handshake."""
    fields = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        **({"Sec-WebSocket-Protocol": protocol} if protocol else {}),
        "Sec-WebSocket-Accept": "%b",
    }
    return head_of(HTTPStatus.SWITCHING_PROTOCOLS, fields)


_HEADS = {protocol: _head(protocol) for protocol in (None, JSON_PROTOCOL, MSGPACK_PROTOCOL)}
_WELCOMES = {
    encode: encode({"type": "authenticated"}) for encode in (websocket_json, websocket_msgpack)
}
_WANTED = {"Upgrade": "websocket", "Sec-WebSocket-Version": _VERSION}


def _key(headers: Mapping[str, str]) -> str | None:
    """The key of the handshake; None where it is none."""
    key = headers.get("sec-websocket-key", "")
    try:
        size = len(b64decode(key, validate=True))
    except (NotBase64Error, ValueError):
        return None
    asks = "websocket" in _words(headers.get("upgrade", "")) and "upgrade" in _words(
        headers.get("connection", "")
    )
    right = size == _KEY_BYTES and headers.get("sec-websocket-version") == _VERSION
    return key if asks and right else None


def _words(header: str) -> list[str]:
    return [word.strip().lower() for word in header.split(",")]


def _accepted(key: str, protocol: str | None) -> bytes:
    digest = b64encode(sha1(key.encode() + _ACCEPTS, usedforsecurity=False).digest())
    return _HEADS[protocol] % digest


def _chosen(headers: Mapping[str, str]) -> str | None:
    """A browser offers its token beside them; that one is never chosen."""
    offered = [each.strip() for each in headers.get("sec-websocket-protocol", "").split(",")]
    return next((each for each in offered if each in _HEADS), None)
