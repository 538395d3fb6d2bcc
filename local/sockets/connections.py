"""The open connections, and what API Gateway's management calls do with them."""

import asyncio
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import WSCloseCode, web

from local.awsapi import ApiError

MAX_MESSAGE = 128 * 1024
_SEND_SECONDS = 10.0


def _new_id() -> str:
    """As AWS makes them: 16 characters of base64, whose last is an equals sign."""
    return urlsafe_b64encode(secrets.token_bytes(11)).decode()


@dataclass(slots=True, eq=False)
class Connection:
    """One client. `socket` is there once the handshake is over."""

    source_ip: str
    agent: str | None
    connection_id: str = field(default_factory=_new_id)
    connected_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    active_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    authorizer: dict[str, object] | None = None
    socket: web.WebSocketResponse | None = None
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class Connections:
    """By id. A call for one that is not there raises ApiError, GoneException, as on AWS."""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}

    def add(self, connection: Connection) -> None:
        self._open[connection.connection_id] = connection

    def remove(self, connection: Connection) -> None:
        self._open.pop(connection.connection_id, None)

    def __len__(self) -> int:
        return len(self._open)

    async def post(self, connection_id: str, data: bytes) -> None:
        """One message, whole, after those that were posted before it."""
        if len(data) > MAX_MESSAGE:
            raise ApiError("PayloadTooLargeException", "Message too long", 413)
        connection, socket = self._found(connection_id)
        try:
            async with connection.sending, asyncio.timeout(_SEND_SECONDS):
                await socket.send_str(data.decode())
        except (ConnectionError, TimeoutError) as error:
            raise _gone() from error
        connection.active_at = datetime.now(UTC)

    def look(self, connection_id: str) -> dict[str, object]:
        connection, _ = self._found(connection_id)
        return {
            "connectedAt": connection.connected_at.isoformat(),
            "lastActiveAt": connection.active_at.isoformat(),
            "identity": {"sourceIp": connection.source_ip, "userAgent": connection.agent},
        }

    async def end(self, connection_id: str) -> None:
        connection, socket = self._found(connection_id)
        self.remove(connection)
        await socket.close(code=WSCloseCode.OK, message=b"Connection Closed Normally")

    async def end_all(self) -> None:
        for connection in list(self._open.values()):
            if connection.socket is not None:
                await connection.socket.close(code=WSCloseCode.GOING_AWAY, message=b"Going away")

    def _found(self, connection_id: str) -> tuple[Connection, web.WebSocketResponse]:
        connection = self._open.get(connection_id)
        if connection is None or connection.socket is None or connection.socket.closed:
            raise _gone()
        return connection, connection.socket


def _gone() -> ApiError:
    return ApiError("GoneException", "The connection is gone", 410)
