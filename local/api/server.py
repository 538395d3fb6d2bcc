"""The HTTP server of the REST API: routes of the template, on loopback."""

import asyncio
import json
import logging

from aiohttp import web

from local.api.answers import malformed, response
from local.api.authorizers import Authorizers
from local.api.call import Call
from local.api.events import proxy_event
from local.api.gateway import GatewayResponses, Refused
from local.api.routes import Match, Routes
from local.functions import FunctionError, Functions
from local.template.model import ApiSpec, CorsSpec, Route

_BODY_LIMIT = 10 * 1024 * 1024
_EVENT_LIMIT = 6 * 1024 * 1024
_LOG = logging.getLogger(__name__)


class RestApi:
    """Serves one API. URLs have no stage; `port` 0 takes a free one."""

    def __init__(
        self,
        spec: ApiSpec,
        functions: Functions,
        *,
        host: str = "127.0.0.1",
        port: int = 3000,
        integration_timeout: float = 29.0,
    ) -> None:
        self._spec = spec
        self._functions = functions
        self._host = host
        self._port = port
        self._integration_timeout = integration_timeout
        self._routes = Routes(spec.routes)
        self._authorizers = Authorizers(spec, functions)
        self._gateway = GatewayResponses(spec.responses, spec.stage)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application(client_max_size=_BODY_LIMIT)
        # A dot would leave out line breaks, which a client may well send (%0A).
        application.router.add_route("*", r"/{path:[\s\S]*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, auto_decompress=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def _handle(self, request: web.Request) -> web.Response:
        call = Call.of(request, self._port)
        try:
            answer = await self._answer(call, request)
        except Refused as refused:
            answer = self._gateway.answer(refused, call)
        except Exception:  # noqa: BLE001 -- logged with its traceback, answered as 500
            _LOG.exception("%s %s failed", call.method, call.path)
            answer = self._gateway.answer(Refused("DEFAULT_5XX"), call)
        answer.headers["x-amzn-RequestId"] = call.request_id
        answer.headers["X-Amzn-Trace-Id"] = call.trace_id
        answer.headers["Server"] = "local"
        return answer

    async def _answer(self, call: Call, request: web.Request) -> web.Response:
        match = self._routes.match(call.path)
        if match is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        if call.method == "OPTIONS" and self._spec.cors and "OPTIONS" not in match.methods:
            return await self._preflight(call, match, self._spec.cors)
        route = match.route(call.method)
        if route is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise Refused("REQUEST_TOO_LARGE") from error
        return await self._integrate(call, match, route, body)

    async def _integrate(self, call: Call, match: Match, route: Route, body: bytes) -> web.Response:
        authorizer = None
        if route.authorizer is not None:
            authorizer = await self._authorizers.authorize(route.authorizer, call, match)
        event = json.dumps(proxy_event(call, match, self._spec, body, authorizer)).encode()
        if len(event) > _EVENT_LIMIT:
            raise Refused("REQUEST_TOO_LARGE")
        try:
            async with asyncio.timeout(self._integration_timeout):
                answer = await self._functions.run(route.function, event, trace_id=call.trace_id)
        except TimeoutError as error:
            raise Refused("INTEGRATION_TIMEOUT") from error
        except FunctionError as error:
            _LOG.warning("%s failed: %s", route.function, error.error_type)
            raise malformed() from error
        return response(answer)

    async def _preflight(self, call: Call, match: Match, cors: CorsSpec) -> web.Response:
        if cors.authorizer is not None:
            await self._authorizers.authorize(cors.authorizer, call, match)
        return web.Response(headers=_cors_headers(cors, match), body=b"{}")


def _cors_headers(cors: CorsSpec, match: Match) -> dict[str, str]:
    methods = cors.methods or ",".join(sorted({*match.methods, "OPTIONS"}))
    headers = {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": cors.origin,
        "Access-Control-Allow-Methods": methods,
    }
    if cors.headers is not None:
        headers["Access-Control-Allow-Headers"] = cors.headers
    if cors.max_age is not None:
        headers["Access-Control-Max-Age"] = cors.max_age
    if cors.credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return headers
