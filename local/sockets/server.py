"""The WebSocket server: connects as the authorizer and $connect say, routes what comes in."""

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from local.api.authorizers import grant_of
from local.api.call import Call
from local.api.gateway import Refused
from local.api.policy import PolicyError, evaluate
from local.functions import FunctionError, Functions
from local.sockets.connections import MAX_MESSAGE, Connection, Connections
from local.sockets.events import (
    authorizer_event,
    connect_event,
    disconnect_event,
    message_event,
)
from local.template.model import WebSocketSpec

_LOG = logging.getLogger(__name__)
_INTEGRATION_SECONDS = 29.0
_IDLE_SECONDS = 600.0
_LONGEST_SECONDS = 7200.0
_AT_ONCE = 16
_NO_STATUS = 1005


class WebSocketApi:
    """Serves one API. Its URL has no stage; `port` 0 takes a free one."""

    def __init__(
        self,
        spec: WebSocketSpec,
        functions: Functions,
        connections: Connections,
        *,
        host: str = "127.0.0.1",
        port: int = 3001,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self._spec = spec
        self._functions = functions
        self._connections = connections
        self._host = host
        self._port = port
        self._idle_seconds = idle_seconds
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"ws://{self._host}:{self._port}"

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._connections.end_all()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call.of(request, self._port)
        connection = Connection(call.source_ip, call.header("User-Agent"))
        if not web.WebSocketResponse().can_prepare(request).ok:
            return _answer(403, "Forbidden")
        try:
            headers = await self._admit(connection, call)
        except Refused as refused:
            return _answer(refused.status or 403, refused.message or "Forbidden")
        protocol = headers.get("sec-websocket-protocol")
        socket = web.WebSocketResponse(
            protocols=(protocol,) if protocol else (), max_msg_size=MAX_MESSAGE
        )
        await socket.prepare(request)
        connection.socket = socket
        self._connections.add(connection)
        try:
            await self._listen(connection, socket)
        finally:
            self._connections.remove(connection)
            await self._disconnected(connection, socket.close_code)
        return socket

    async def _admit(self, connection: Connection, call: Call) -> dict[str, str]:
        """The headers that $connect answers with. Raises Refused."""
        if self._spec.authorizer is not None:
            event = authorizer_event(self._spec, connection, call)
            connection.authorizer = await self._authorized(event)
        function = self._spec.routes.get("$connect")
        if function is None:
            return {}
        answer = await self._run(function, connect_event(self._spec, connection, call))
        if answer is None:
            raise Refused("DEFAULT_5XX", status=502, message="Internal server error")
        status = answer.get("statusCode", 200)
        if not 200 <= int(status) <= 299:
            raise Refused("DEFAULT_4XX", status=int(status), message=str(answer.get("body") or ""))
        return {name.lower(): value for name, value in (answer.get("headers") or {}).items()}

    async def _authorized(self, event: dict[str, Any]) -> dict[str, Any]:
        assert self._spec.authorizer is not None
        try:
            async with asyncio.timeout(_INTEGRATION_SECONDS):
                answer = await self._functions.invoke(self._spec.authorizer, event)
        except FunctionError as error:
            if error.message == "Unauthorized":
                raise Refused("UNAUTHORIZED", status=401, message="Unauthorized") from error
            _LOG.warning("the authorizer failed: %s", error)
            raise _broken() from error
        except TimeoutError as error:
            raise _broken() from error
        grant = grant_of(answer, 0)
        try:
            verdict = evaluate(grant.policy, event["methodArn"])
        except PolicyError as error:
            raise _broken() from error
        if verdict != "Allow":
            raise Refused("ACCESS_DENIED", status=403, message="Forbidden")
        return grant.context

    async def _listen(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + _LONGEST_SECONDS
        at_once = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while not socket.closed:
                wait = min(self._idle_seconds, ends_at - loop.time())
                try:
                    message = await socket.receive(timeout=max(wait, 0))
                except TimeoutError:
                    await socket.close(code=WSCloseCode.GOING_AWAY, message=b"Going away")
                    return
                if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    return
                await at_once.acquire()
                text = message.data if message.type is WSMsgType.TEXT else ""
                task = group.create_task(self._route(connection, text))
                task.add_done_callback(lambda _: at_once.release())

    async def _route(self, connection: Connection, text: str) -> None:
        route = _selected(text, self._spec.selected_by)
        key = route if route in self._spec.routes else "$default"
        function = self._spec.routes.get(key)
        event = message_event(self._spec, connection, key, text)
        if function is not None and await self._run(function, event) is not None:
            return
        words = "Internal server error" if function is not None else "Forbidden"
        told = {
            "message": words,
            "connectionId": connection.connection_id,
            "requestId": event["requestContext"]["requestId"],
        }
        with suppress(Exception):  # the client may have gone meanwhile, which is no news
            await self._connections.post(connection.connection_id, json.dumps(told).encode())

    async def _disconnected(self, connection: Connection, code: int | None) -> None:
        function = self._spec.routes.get("$disconnect")
        if function is not None:
            event = disconnect_event(self._spec, connection, code or _NO_STATUS, "")
            await self._run(function, event)

    async def _run(self, function: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """What the function answers; None where it failed or took too long."""
        try:
            async with asyncio.timeout(_INTEGRATION_SECONDS):
                answer = await self._functions.invoke(function, event)
        except (FunctionError, TimeoutError) as error:
            _LOG.warning("%s failed: %s", function, error)
            return None
        return answer if isinstance(answer, dict) else {}


def _selected(text: str, field: str) -> str:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return "$default"
    named = body.get(field) if isinstance(body, dict) else None
    return named if isinstance(named, str) and not named.startswith("$") else "$default"


def _answer(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)


def _broken() -> Refused:
    return Refused("AUTHORIZER_FAILURE", status=500, message="Internal server error")
