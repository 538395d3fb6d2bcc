"""Quotes by WebSocket: who a client is, what it asked for, and what it is owed.

A client is sent the latest value of each symbol it asked for; one that reads slowly misses values
in between, and its memory here is bounded by the number of its symbols.
"""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from hub.domain.kernel import HubError, InvalidInputError, UnauthenticatedError
from stream.board import EVERY_SYMBOL, Board
from stream.status import Status

# Returns who the bearer of a token is; raises UnauthenticatedError.
Verify = Callable[[str], object]

AUTH_WITHIN = 10.0
MAX_SYMBOLS = 1024
MAX_MESSAGE_BYTES = 64 * 1024
UNAUTHENTICATED = 4401
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,15}", re.ASCII)
# The kernel holds back no more unsent bytes than this, so that a slow client gets fresh quotes.
_UNSENT_BYTES = 16 * 1024


class Client:
    """One reader of quotes."""

    def __init__(self, connection: ServerConnection, board: Board, status: Status) -> None:
        self._connection = connection
        self._board = board
        self._status = status
        self._owed: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._symbols: set[str] = set()

    def offer(self, symbol: str, frame: bytes) -> None:
        self._owed[symbol] = frame
        self._wake.set()

    async def answer(self, request: dict[str, Any]) -> None:
        """Carry out one request. Raises InvalidInputError."""
        actions = {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe}
        act = actions.get(str(request.get("action")))
        if act is None:
            raise InvalidInputError("action is one of auth, subscribe, unsubscribe")
        await act(_symbols(request))

    async def send_owed(self) -> None:
        """Sends what is owed, for as long as the connection lasts."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._owed:
                    symbol = next(iter(self._owed))
                    await self._connection.send(self._owed.pop(symbol), text=True)
                    self._status.frames += 1
        except ConnectionClosed:
            return

    def leave(self) -> None:
        self._board.unsubscribe(self, self._symbols)

    async def _subscribe(self, symbols: set[str]) -> None:
        if len(self._symbols | symbols) > MAX_SYMBOLS:
            raise InvalidInputError(f"at most {MAX_SYMBOLS} symbols")
        self._symbols |= symbols
        await self._tell_subscriptions()
        self._board.subscribe(self, sorted(symbols))

    async def _unsubscribe(self, symbols: set[str]) -> None:
        self._symbols -= symbols
        self._board.unsubscribe(self, symbols)
        if EVERY_SYMBOL not in self._symbols:
            self._owed = {key: self._owed[key] for key in self._owed.keys() & self._symbols}
        await self._tell_subscriptions()

    async def _tell_subscriptions(self) -> None:
        await _send(self._connection, type="subscriptions", symbols=sorted(self._symbols))


class QuoteSocket:
    """Serves each connection from authentication to its end."""

    def __init__(self, status: Status, verify: Verify) -> None:
        self._status = status
        self._verify = verify

    async def __call__(self, connection: ServerConnection) -> None:
        _limit_unsent(connection)
        try:
            if await self._authenticated(connection):
                await self._serve(connection)
        except ConnectionClosed:
            return

    async def _authenticated(self, connection: ServerConnection) -> bool:
        """Who sent a valid Authorization header is known already (see `http.py`)."""
        request = connection.request
        if request is None or "Authorization" not in request.headers:
            try:
                async with asyncio.timeout(AUTH_WITHIN):
                    message = await connection.recv()
                self._verify(_token(_parsed(message)))
            except (HubError, TimeoutError) as error:
                reason = str(error) or f"no authentication within {AUTH_WITHIN:g} seconds"
                await _send(connection, type="error", code="unauthenticated", message=reason)
                await connection.close(UNAUTHENTICATED, "unauthenticated")
                return False
        await _send(connection, type="authenticated")
        return True

    async def _serve(self, connection: ServerConnection) -> None:
        client = Client(connection, self._status.board, self._status)
        sending = asyncio.ensure_future(client.send_owed())
        self._status.clients += 1
        try:
            async for message in connection:
                try:
                    await client.answer(_parsed(message))
                except HubError as error:
                    await _send(connection, type="error", code=error.code, message=error.detail)
        finally:
            self._status.clients -= 1
            client.leave()
            sending.cancel()


def _parsed(message: str | bytes) -> dict[str, Any]:
    try:
        request = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise InvalidInputError("a message is one JSON object, as text")
    return request


def _token(request: dict[str, Any]) -> str:
    token = request.get("token")
    if request.get("action") != "auth" or not isinstance(token, str):
        raise UnauthenticatedError('the first message is {"action":"auth","token":"..."}')
    return token


def _symbols(request: dict[str, Any]) -> set[str]:
    symbols = request.get("symbols")
    if not isinstance(symbols, list) or not symbols:
        raise InvalidInputError('symbols is a list such as ["AAPL"] or ["*"]')
    for symbol in symbols:
        if not isinstance(symbol, str) or not (symbol == "*" or _SYMBOL.fullmatch(symbol)):
            raise InvalidInputError("a symbol is 1 to 16 capital letters, digits and . / -")
    return set(symbols)


async def _send(connection: ServerConnection, **frame: object) -> None:
    await connection.send(json.dumps(frame, separators=(",", ":")))


def _limit_unsent(connection: ServerConnection) -> None:
    wire = connection.transport.get_extra_info("socket")
    if wire is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
