"""The AWS endpoint of this machine: JSON calls by `X-Amz-Target`, function invocations by path."""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiohttp import web

from local.awsapi import ApiError, Twin
from local.queues.errors import SqsError
from local.sockets.connections import Connections

# (name, payload, invocation type) -> (status, headers, body)
Invoke = Callable[[str, bytes, str], Awaitable[tuple[int, Mapping[str, str], bytes]]]

T = TypeVar("T")

_logger = logging.getLogger(__name__)
_MAX_BODY = 16 * 1024 * 1024
_JSON = "application/x-amz-json-1.0"
_INVOCATIONS = "/2015-03-31/functions/{name}/invocations"
_CONNECTION = "/{stage}/@connections/{connection_id}"
# A caller that hangs up must not take the next message with it; other calls end what they began.
_ABANDONED_WITH_CALLER = {"AmazonSQS.ReceiveMessage"}


class Endpoint:
    """Serves on 127.0.0.1 unless told otherwise; port 0 picks a free one, known after `start`."""

    def __init__(
        self,
        twins: Mapping[str, Twin],
        *,
        invoke: Invoke | None = None,
        connections: Connections | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._twins = twins
        self._invoke = invoke
        self._connections = Connections() if connections is None else connections
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post(_INVOCATIONS, self._invocation)
        for method in ("POST", "GET", "DELETE"):
            app.router.add_route(method, _CONNECTION, self._connection)
        app.router.add_post("/{path:.*}", self._call)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        self._runner = runner
        await web.TCPSite(runner, self._host, self._port).start()
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _call(self, request: web.Request) -> web.Response:
        target = request.headers.get("X-Amz-Target", "")
        try:
            answer = await self._answer(target, await request.read())
        except ApiError as error:
            return _refusal(error, request.content_type)
        except Exception:
            _logger.exception("%s failed", target)
            return _refusal(_internal(), request.content_type)
        return _respond(200, answer, request.content_type, {})

    async def _answer(self, target: str, raw: bytes) -> dict[str, Any]:
        prefix, _, action = target.rpartition(".")
        twin = self._twins.get(prefix)
        if twin is None:
            raise ApiError("UnknownOperationException", f"Nothing serves {target!r} here.")
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            raise ApiError("SerializationException", "The body is not JSON.") from None
        if not isinstance(body, dict):
            raise ApiError("SerializationException", "The body is not a JSON object.")
        if target in _ABANDONED_WITH_CALLER:
            return await twin.call(action, body)
        return await _whole(twin.call(action, body))

    async def _invocation(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if self._invoke is None:
            error = ApiError("ResourceNotFoundException", f"Function not found: {name}", 404)
            return _rest_refusal(error)
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        payload = await request.read()
        try:
            status, headers, body = await _whole(self._invoke(name, payload, kind))
        except ApiError as error:
            return _rest_refusal(error)
        except Exception:
            _logger.exception("invoking %s failed", name)
            return _rest_refusal(_internal())
        return web.Response(
            status=status, headers=headers, body=body, content_type="application/json"
        )

    async def _connection(self, request: web.Request) -> web.Response:
        """Messages to the clients of the WebSocket API, whose stage is not looked at."""
        connection_id = request.match_info["connection_id"]
        try:
            if request.method == "GET":
                return web.json_response(self._connections.look(connection_id))
            if request.method == "DELETE":
                await self._connections.end(connection_id)
                return web.Response(status=204)
            await self._connections.post(connection_id, await request.read())
        except ApiError as error:
            return _rest_refusal(error)
        return web.Response(status=200)


async def _whole(call: Awaitable[T]) -> T:
    """Runs to its end even if the caller hangs up."""
    return await asyncio.shield(asyncio.ensure_future(call))


def _internal() -> ApiError:
    return ApiError("InternalFailure", "The request processing has failed: see the log.", 500)


def _respond(
    status: int, answer: Mapping[str, Any], content_type: str, headers: Mapping[str, str]
) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(answer).encode(),
        content_type=content_type if content_type.startswith("application/x-amz-json") else _JSON,
        headers={"x-amzn-RequestId": str(uuid.uuid4()), **headers},
    )


def _refusal(error: ApiError, content_type: str) -> web.Response:
    headers = {}
    code = error.code
    if isinstance(error, SqsError):
        code = f"com.amazonaws.sqs#{code}"
        headers["x-amzn-query-error"] = f"{error.query_code};Sender"
    body = {"__type": code, "message": error.message}
    return _respond(error.status, body, content_type, headers)


def _rest_refusal(error: ApiError) -> web.Response:
    headers = {"x-amzn-ErrorType": error.code}
    body = {"Type": "User", "Message": error.message}
    return _respond(error.status, body, "application/json", headers)
