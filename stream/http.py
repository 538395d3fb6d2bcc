"""The port's plain HTTP side: health, metrics, and who may open a WebSocket."""

import json
from datetime import UTC, datetime
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from hub.domain.kernel import UnauthenticatedError
from stream.status import Status, health, metrics
from stream.websocket import MAX_MESSAGE_BYTES, QuoteSocket, Verify

CLOSE_WITHIN = 1.5
# What is held for a client that does not read; beyond it, newer quotes replace older ones.
_WRITE_LIMIT = 16 * 1024
_JSON = "application/json"


class Front:
    """Answers a request, or lets it through to become a WebSocket (by None)."""

    def __init__(self, status: Status, verify: Verify) -> None:
        self._status = status
        self._verify = verify

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        now = datetime.now(UTC)
        if path == "/stream":
            return self._door(connection, request)
        if path == "/health/live":
            return _answer(connection, HTTPStatus.OK, '{"status":"live"}', _JSON)
        if path == "/health/ready":
            ready, report = health(self._status, now)
            code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return _answer(connection, code, json.dumps(report), _JSON)
        if path == "/metrics":
            text = metrics(self._status, now)
            return _answer(connection, HTTPStatus.OK, text, "text/plain; version=0.0.4")
        return _answer(connection, HTTPStatus.NOT_FOUND, '{"status":"not found"}', _JSON)

    def _door(self, connection: ServerConnection, request: Request) -> Response | None:
        """A client without the header authenticates by its first message."""
        headers = request.headers.get_all("Authorization")
        if not headers:
            return None
        try:
            self._verify(bearer(headers[0]))
        except UnauthenticatedError as error:
            text = json.dumps({"code": error.code, "message": error.detail})
            return _answer(connection, HTTPStatus.UNAUTHORIZED, text, _JSON)
        return None


async def listen(host: str, port: int, status: Status, verify: Verify) -> Server:
    """Serves HTTP and WebSocket on one port; 0 is one that the system chooses."""
    return await serve(
        QuoteSocket(status, verify),
        host,
        port,
        process_request=Front(status, verify),
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        write_limit=_WRITE_LIMIT,
        close_timeout=CLOSE_WITHIN,
        server_header=None,
    )


def bearer(header: str) -> str:
    """The token of an Authorization header. Raises UnauthenticatedError."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("the header is not `Authorization: Bearer <token>`")
    return token


def _answer(connection: ServerConnection, code: HTTPStatus, text: str, kind: str) -> Response:
    response = connection.respond(code, text)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = "no-store"
    return response
