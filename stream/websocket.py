"""Streams by WebSocket: the handshake, the client's requests, heartbeats and the end."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as HandshakeRequest
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError, InvalidInputError, UnauthenticatedError
from stream.door import Door, Request
from stream.encoding import websocket_json, websocket_msgpack
from stream.reader import Subscriber
from stream.requests import MAX_MESSAGE_BYTES, check_count, parsed
from stream.session import CLOSE_WITHIN, HEARTBEAT_SECONDS, SILENT_SECONDS, House, Pace, has_expired

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
_RESTART = 1012
_BAD_TEXT = 1007
_TOO_LONG = 1009
_MOST_PARTS = 1024


class WebSocket:
    """One client. Its first message says who it is, unless its handshake did."""

    def __init__(self, door: Door, house: House, identity: Identity | None) -> None:
        self._door = door
        self._house = house
        self._identity = identity
        self._protocol = ServerProtocol(max_size=MAX_MESSAGE_BYTES, select_subprotocol=_subprotocol)
        self._parts: list[bytes] = []
        self._pace = Pace(MESSAGES_PER_SECOND, _BURST, monotonic())
        self._began = self._heard = self._beat = monotonic()
        self._encode = websocket_json
        self._reader: Subscriber | None = None
        self._ends_at = inf
        self._working: set[asyncio.Task[None]] = set()

    @property
    def blocked(self) -> bool:
        return self._door.blocked

    @property
    def waiting(self) -> int:
        return self._door.waiting

    def write(self, data: bytes) -> None:
        self._door.write(data)

    def open(self, request: Request) -> None:
        """Answer the handshake."""
        self._protocol.receive_data(request.head)
        for event in self._protocol.events_received():
            assert isinstance(event, HandshakeRequest)
            self._protocol.send_response(self._protocol.accept(event))
        wants_msgpack = request.query.get("format") == "msgpack"
        if wants_msgpack or self._protocol.subprotocol == MSGPACK_PROTOCOL:
            self._encode = websocket_msgpack
        self._flush()
        if self._protocol.state is State.OPEN:
            self._house.streams[self] = None
            if self._identity is not None:
                self._enter(self._identity)

    def received(self, data: bytes) -> None:
        self._heard = monotonic()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            self._framed(event)
        self._flush()

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
        for task in self._working:
            task.cancel()

    def tick(self, now: float, wall: datetime) -> None:
        if now >= self._ends_at or now - self._heard > SILENT_SECONDS:
            self._door.abort()
        elif self._reader is None:
            if now - self._began > AUTH_WITHIN:
                reason = f"no authentication within {AUTH_WITHIN:g} seconds"
                self._end("unauthenticated", reason, UNAUTHENTICATED)
        elif has_expired(self._identity, wall):
            reason = "the token has expired: open another stream, or send a new one in time"
            self._end("token_expired", reason, UNAUTHENTICATED)
        elif now - self._beat >= HEARTBEAT_SECONDS:
            self._beat = now
            self._protocol.send_ping(b"")
            if not self.blocked:
                latest = str(self._house.board.latest)
                self._say(type="heartbeat", cursor=latest, time=wall.isoformat())
            self._flush()

    def restart(self, after_ms: int) -> None:
        self._say(type="reconnect", after_ms=after_ms)
        self._close(_RESTART, "the stream restarts: connect again")

    def too_slow(self) -> None:
        # Behind what it does not read, a close frame would not arrive either.
        self._house.counts.refused["too_slow"] += 1
        self._end("slow_consumer", "read faster, or ask for less", TOO_SLOW)

    def _framed(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self._ends_at = min(self._ends_at, monotonic() + CLOSE_WITHIN)
        elif frame.opcode is Opcode.PING:
            # Every one is answered, and the answers wait for a client that does not read.
            self._paced()
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return
        if frame.opcode is Opcode.BINARY:
            self._parts.append(b"\xff")  # no text begins so: it will be refused as such
        self._parts.append(bytes(frame.data))
        if len(self._parts) > _MOST_PARTS:
            self._close(_TOO_LONG, "in too many fragments")
            return
        if not frame.fin:
            return
        message, self._parts = b"".join(self._parts), []
        try:
            text = message.decode() if message[:1] != b"\xff" else ""
        except UnicodeDecodeError:
            self._close(_BAD_TEXT, "not UTF-8")
            return
        self._asked(text)

    def _asked(self, text: str) -> None:
        if self._ends_at < inf:
            return
        if not self._paced():
            return
        try:
            self._carry_out(parsed(text))
        except HubError as error:
            if self._reader is None:
                self._end_unknown(error)
            else:
                self._say(type="error", code=error.code, message=error.detail)

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
        if isinstance(token, str):
            self._enter(self._house.guests.verify(token))
        elif isinstance(ticket, str) and self._reader is None:
            task = asyncio.ensure_future(self._redeem(ticket))
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        else:
            raise UnauthenticatedError('auth needs a "token" or, once, a "ticket"')

    async def _redeem(self, ticket: str) -> None:
        try:
            self._enter(await self._house.guests.redeemed(ticket))
        except HubError as error:
            self._end_unknown(error)

    def _enter(self, identity: Identity) -> None:
        if self._reader is None:
            try:
                self._house.enter(identity)
            except HubError as error:
                number = TOO_MANY if error.code == "too_many_streams" else FORBIDDEN
                self._end(error.code, error.detail, number)
                return
            house = self._house
            self._reader = Subscriber(self, house.board, self._encode, house.counts)
            house.counts.connections["websocket"] += 1
            house.counts.opened["websocket"] += 1
        elif self._identity is None or identity.customer_id != self._identity.customer_id:
            raise UnauthenticatedError("the stream belongs to another customer")
        self._identity = identity
        self._say(type="authenticated")

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

    def _end_unknown(self, error: HubError) -> None:
        self._house.counts.refused["unauthenticated"] += 1
        self._end("unauthenticated", error.detail, UNAUTHENTICATED)

    def _end(self, code: str, reason: str, number: int) -> None:
        self._say(type="error", code=code, message=reason)
        self._close(number, code)

    def _close(self, number: int, reason: str) -> None:
        if self._ends_at == inf:
            self._ends_at = monotonic() + CLOSE_WITHIN
            self._protocol.send_close(number, reason)
            self._flush()

    def _say(self, **message: Any) -> None:
        if self._ends_at == inf:
            self._door.write(self._encode(message))

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._door.write(data)
            else:
                self._door.close()


def _subprotocol(_protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """A browser offers its token beside them; that one is never chosen."""
    known = (JSON_PROTOCOL, MSGPACK_PROTOCOL)
    return next((each for each in offered if each in known), None)
