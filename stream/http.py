"""The port's routes: health, metrics, tickets, and the doors of both kinds of stream."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import Any

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError
from stream.account_news import AccountNews
from stream.account_stream import AccountSource, account_in, place_of
from stream.door import OPEN_TO_PAGES, Door, Request, Waiting
from stream.entrance import Entrance
from stream.guests import bearer
from stream.redis_tickets import LIFE_SECONDS
from stream.session import House
from stream.sse import EventStream, MarketSource, Source, wish_of
from stream.status import Status, health, metrics
from stream.websocket import TOKEN_PROTOCOL, WebSocket

_TICK_SECONDS = 1.0
_POLL_SECONDS = 0.02
# Heartbeats of ten thousand streams are not to hold up an update.
_TICKS_AT_ONCE = 250
_PREFLIGHT = {
    **OPEN_TO_PAGES,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization",
    "Access-Control-Max-Age": "600",
}


class Front:
    """Serves the port from `start` until `close`."""

    def __init__(self, status: Status, house: House, news: AccountNews) -> None:
        self._status = status
        self._house = house
        self._news = news
        self._entrance = Entrance(self._route, house.counts, house.seats)
        self._working: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._routes: dict[tuple[str, str], Callable[[Request, Door], None]] = {
            ("GET", "/stream"): self._websocket,
            ("GET", "/stream/events"): self._events,
            ("POST", "/stream/tickets"): self._ticket,
            ("GET", "/health/live"): self._live,
            ("GET", "/health/ready"): self._ready,
            ("GET", "/metrics"): self._metrics,
        }

    async def start(self, host: str, port: int) -> int:
        """The port; 0 is one that the system chooses."""
        number = self._entrance.open(host, port)
        self._ticking = asyncio.ensure_future(self._tick())
        return number

    def stop_accepting(self) -> None:
        self._entrance.stop_accepting()

    def restart(self, within_ms: int) -> None:
        """Every stream is told to come back, each at a time of its own within `within_ms`."""
        streams = list(self._house.streams)
        for number, stream in enumerate(streams):
            stream.restart(within_ms * (number + 1) // len(streams))

    async def drained(self) -> None:
        """Returns when no stream is left."""
        while self._house.streams:  # noqa: ASYNC110  # once, at the very end
            await asyncio.sleep(_POLL_SECONDS)

    async def close(self) -> None:
        """Nothing is left of the connections."""
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        for task in self._working:
            task.cancel()
        for door in list(self._entrance.doors):
            door.abort()
        await asyncio.sleep(0)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now, wall = monotonic(), datetime.now(UTC)
            self._entrance.tick(now)
            for number, stream in enumerate(list(self._house.streams), 1):
                stream.tick(now, wall)
                if number % _TICKS_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _route(self, request: Request, door: Door) -> None:
        if request.method == "OPTIONS":
            door.answer(HTTPStatus.NO_CONTENT, "", headers=_PREFLIGHT)
            return
        account = account_in(request.path) if request.method == "GET" else None
        act = self._routes.get((request.method, request.path))
        if account is not None:
            act = partial(self._account, account)
        if act is None:
            door.answer(HTTPStatus.NOT_FOUND, {"code": "no_route"})
            return
        try:
            act(request, door)
        except HubError as error:
            door.refuse(error)

    def _websocket(self, request: Request, door: Door) -> None:
        """A client without a token in its headers authenticates by its first message."""
        token = _token(request)
        if token is None:
            self._open_websocket(door, request, None)
            return
        self._admit(door, token, lambda identity: self._open_websocket(door, request, identity))

    def _open_websocket(self, door: Door, request: Request, identity: Identity | None) -> None:
        socket = WebSocket(door, self._house, identity)
        door.seat(socket)
        socket.open(request)

    def _events(self, request: Request, door: Door) -> None:
        wish = wish_of(request, self._house)

        def open_events(identity: Identity) -> None:
            self._open(door, identity, MarketSource(door, self._house, wish))

        if ticket := request.query.get("ticket"):
            finding = self._house.guests.redeemed(ticket)
            self._later(door, self._admitted(door, finding, open_events))
            return
        self._admit(door, _known(request), open_events)

    def _account(self, account: str, request: Request, door: Door) -> None:
        guests = self._house.guests
        ticket = request.query.get("ticket")
        finding = guests.redeemed(ticket) if ticket else guests.found(_known(request))
        self._later(door, self._open_account(account, request, finding, door))

    async def _open_account(
        self, account: str, request: Request, finding: Awaitable[Identity], door: Door
    ) -> None:
        identity = await finding
        place = await place_of(account, request, identity, self._news)
        if not door.gone:
            self._open(door, identity, AccountSource(door, self._house, self._news, place))

    def _open(self, door: Door, identity: Identity, source: Source) -> None:
        stream = EventStream(door, self._house, identity, source)
        door.seat(stream)
        stream.open()

    def _admit(self, door: Door, credential: str, enter: Callable[[Identity], None]) -> None:
        """At once where it is known whose it is. Raises HubError."""
        if identity := self._house.guests.known(credential):
            enter(identity)
        else:
            finding = self._house.guests.found(credential)
            self._later(door, self._admitted(door, finding, enter))

    async def _admitted(
        self, door: Door, finding: Awaitable[Identity], enter: Callable[[Identity], None]
    ) -> None:
        identity = await finding
        if not door.gone:
            enter(identity)

    def _ticket(self, request: Request, door: Door) -> None:
        self._later(door, self._issue(_known(request), door))

    async def _issue(self, token: str, door: Door) -> None:
        ticket = await self._house.guests.ticket(token)
        body = {"ticket": ticket, "expires_in": LIFE_SECONDS}
        door.answer(HTTPStatus.CREATED, body, headers=OPEN_TO_PAGES)

    def _live(self, _request: Request, door: Door) -> None:
        door.answer(HTTPStatus.OK, '{"status":"live"}')

    def _ready(self, _request: Request, door: Door) -> None:
        ready, report = health(self._status, datetime.now(UTC))
        door.answer(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, report)

    def _metrics(self, _request: Request, door: Door) -> None:
        text = metrics(self._status, datetime.now(UTC))
        door.answer(HTTPStatus.OK, text, "text/plain; version=0.0.4")

    def _later(self, door: Door, work: Coroutine[Any, Any, None]) -> None:
        """Do what needs a server; what it refuses is answered then."""
        door.seat(Waiting(door))

        async def answered() -> None:
            try:
                await work
            except HubError as error:
                door.refuse(error)

        task = asyncio.ensure_future(answered())
        self._working.add(task)
        task.add_done_callback(self._working.discard)


def _token(request: Request) -> str | None:
    """From the header; or, since a browser's WebSocket cannot send that one, from its protocols."""
    if header := request.headers.get("authorization"):
        return bearer(header)
    offered = request.headers.get("sec-websocket-protocol", "").split(",")
    tokens = [each.strip() for each in offered if each.strip().startswith(TOKEN_PROTOCOL)]
    return tokens[0].removeprefix(TOKEN_PROTOCOL) if tokens else None


def _known(request: Request) -> str:
    """Raises UnauthenticatedError."""
    return bearer(request.headers.get("authorization", ""))
