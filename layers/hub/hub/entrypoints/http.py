"""Meets HTTP: one route per function, its inputs validated, its errors answered as problems.

A handler declares what it wants by its signature. A parameter that is a pydantic model is the
body; one whose name stands in the path is taken from there; `Caller` and `Request` say who asks
and how; any other is a query parameter. The same signature makes the OpenAPI document.

A route with a caller has a scope: `read` for a GET and `trade` for the rest, unless it names
another, such as `admin`. `Api(hub)` counts the requests, and looks at the session of whoever
changes anything.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from hub.domain.kernel import Fault, HubError, InvalidInputError, ThrottledError
from hub.entrypoints.access import Access, Caller, Doors, limit_headers, usual_scope
from hub.entrypoints.body import check_text, faults_of, read_json
from hub.entrypoints.errors import http_status, problem, unexpected_problem
from hub.entrypoints.logs import logger

__all__ = ["PREFIX", "Answer", "Api", "Caller", "Raw", "Request", "Route"]

PREFIX = "/api/v1"
_MAX_KEY = 255
_MAX_AGENT = 200
_SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
# A page of ours holds its script and style itself, and asks nobody but us.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

# The access token of who asks at present, for parts of Hub that want one too.
access_token: ContextVar[str] = ContextVar("access_token", default="")

Event = Mapping[str, Any]
Response = dict[str, Any]


class Request(NamedTuple):
    """How it was asked."""

    trace_id: str
    source_ip: str
    agent: str
    idempotency_key: str | None


class Answer(NamedTuple):
    """A body with a status of its own, where a route has more than one."""

    body: BaseModel
    status: int


class Raw(NamedTuple):
    """An answer that is no JSON of ours."""

    text: str
    content_type: str
    cache: str = "no-store"


class Parameter(NamedTuple):
    """One input of a route. `place` is path, query, body, caller or request."""

    name: str
    place: str
    type: Any
    adapter: TypeAdapter[Any] | None
    required: bool


class Route(NamedTuple):
    """What the OpenAPI document needs to know of a handler."""

    method: str
    path: str
    function: Callable[..., Any]
    status: int
    problems: tuple[int, ...]
    parameters: tuple[Parameter, ...]
    returns: Any
    access: Access

    @property
    def public(self) -> bool:
        return all(parameter.place != "caller" for parameter in self.parameters)


class Api:
    """The HTTP side of one function."""

    def __init__(self, doors: Callable[[], Doors] | None = None) -> None:
        self.route: Route | None = None
        self._doors = doors

    def get(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._register("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._register("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._register("PUT", path, **options)

    def patch(
        self, path: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._register("PATCH", path, **options)

    def delete(
        self, path: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._register("DELETE", path, **options)

    def _register(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        problems: tuple[int, ...] = (),
        scope: str | None = None,
        prefix: str = PREFIX,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        access = Access(scope or usual_scope(method), method != "GET", self._doors)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            hints = get_type_hints(function, include_extras=True)
            returns = hints.pop("return", None)
            parameters = tuple(
                _parameter(path, name, hints[name], given)
                for name, given in inspect.signature(function).parameters.items()
            )
            self.route = Route(
                method, prefix + path, function, status, problems, parameters, returns, access
            )
            if scope and self.route.public:
                raise TypeError("a route with a scope takes a Caller")
            return function

        return register

    def handler(self) -> Callable[[Event, Any], Response]:
        """The function that Lambda calls."""
        route = self.route
        if route is None:
            raise TypeError("the handler declares no route")

        def handle(event: Event, _context: Any) -> Response:
            return _handle(route, event)

        return handle


def _parameter(path: str, name: str, wanted: Any, given: inspect.Parameter) -> Parameter:
    required = given.default is inspect.Parameter.empty
    if wanted is Caller or wanted is Request:
        return Parameter(name, wanted.__name__.lower(), wanted, None, required)
    if inspect.isclass(wanted) and issubclass(wanted, BaseModel):
        return Parameter(name, "body", wanted, TypeAdapter(wanted), required)
    place = "path" if f"{{{name}}}" in path else "query"
    return Parameter(name, place, wanted, TypeAdapter(wanted), required)


def _handle(route: Route, event: Event) -> Response:
    started = perf_counter()
    trace_id = str(event["requestContext"].get("requestId", ""))
    access_token.set(_token(event))
    extra: dict[str, str] = {}
    try:
        caller = _admitted(route, event, extra)
        arguments = _arguments(route, event, trace_id, caller)
        if caller is not None and caller.account_id is not None:
            _keep_to_the_account(route, caller, arguments)
        result = route.function(**arguments)
        response = _respond(result, route.status, trace_id)
    except HubError as error:
        status = http_status(error)
        response = _problem(status, problem(error, trace_id), trace_id)
        if isinstance(error, ThrottledError):
            response["headers"]["Retry-After"] = str(error.seconds)
    except Exception:  # noqa: BLE001  # logged with its trace, and answered as what it is: a 500
        logger.exception("unexpected error", trace_id=trace_id)
        response = _problem(500, unexpected_problem(trace_id), trace_id)
    response["headers"].update(extra)
    logger.info(
        "request",
        trace_id=trace_id,
        method=route.method,
        route=route.path,
        status=response["statusCode"],
        milliseconds=round((perf_counter() - started) * 1000, 1),
    )
    return response


def _token(event: Event) -> str:
    """What the authorizer took as proof; empty where nobody was asked for one."""
    if "authorizer" not in event["requestContext"]:
        return ""
    headers = event.get("headers") or {}
    given = next((text for name, text in headers.items() if name.lower() == "authorization"), "")
    return str(given).partition(" ")[2].strip()


def _admitted(route: Route, event: Event, headers: dict[str, str]) -> Caller | None:
    """Before anything else is looked at: who may not ask is told nothing more."""
    caller = None if route.public else route.access.caller(event)
    allowance = route.access.allowance(event, caller)
    if allowance is not None:
        headers.update(limit_headers(allowance))
        if allowance.wait:
            raise ThrottledError("too many requests; try again later", seconds=allowance.wait)
    if caller is not None:
        route.access.check_session(event, caller)
    return caller


def _arguments(route: Route, event: Event, trace_id: str, caller: Caller | None) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    query, faults = _query(route, event)
    sources: dict[str, Mapping[str, Any]] = {
        "path": event.get("pathParameters") or {},
        "query": query,
    }
    values: dict[str, Any] = {}
    for parameter in route.parameters:
        if parameter.place == "caller":
            values[parameter.name] = caller
        elif parameter.place == "request":
            values[parameter.name] = _request(event, headers, trace_id)
        elif parameter.place == "body":
            given = read_json(event, headers.get("content-type", ""))
            faults += _validate(parameter, given, values, "")
        elif parameter.name in sources[parameter.place]:
            text = str(sources[parameter.place][parameter.name])
            check_text(text, parameter.name)
            faults += _validate(parameter, text, values, parameter.name)
        elif parameter.required:
            faults.append(Fault(parameter.name, "missing", "this parameter is required"))
    if faults:
        raise InvalidInputError("the request breaks a rule", faults=tuple(faults))
    return values


def _query(route: Route, event: Event) -> tuple[dict[str, str], list[Fault]]:
    """`?account_id=` asks for no account in particular, as leaving it out does.

    Not where something is changed: there it is a variable that somebody forgot to fill.
    """
    given = event.get("queryStringParameters") or {}
    known = {each.name for each in route.parameters if each.place == "query"}
    faults = [
        Fault(name, "unknown", "there is no such query parameter")
        for name, value in given.items()
        if value and name not in known
    ]
    if route.access.changes:
        faults += [
            Fault(name, "empty", "a value is wanted, or nothing of it")
            for name, value in given.items()
            if not value
        ]
    return {name: value for name, value in given.items() if value}, faults


def _keep_to_the_account(route: Route, caller: Caller, values: dict[str, Any]) -> None:
    """A key's account is the only one there is, wherever a request names one, its order, or could.

    The order is looked up once more for it: that costs keys alone, and no handler can forget it.
    """
    for parameter in route.parameters:
        if parameter.name == "account_id":
            values["account_id"] = caller.account(values.get("account_id"))
        elif parameter.name == "order_id":
            route.access.check_order(caller, values["order_id"])
        elif parameter.place == "body" and "account_id" in parameter.type.model_fields:
            body = values[parameter.name]
            account_id = caller.account(body.account_id)
            values[parameter.name] = body.model_copy(update={"account_id": account_id})


def _validate(parameter: Parameter, given: Any, values: dict[str, Any], prefix: str) -> list[Fault]:
    assert parameter.adapter is not None
    try:
        # Query and path hold text only: there a number is what reads as one.
        strict = None if parameter.place == "body" else False
        values[parameter.name] = parameter.adapter.validate_python(given, strict=strict)
    except ValidationError as error:
        return faults_of(error, "body", prefix)
    return []


def _request(event: Event, headers: Mapping[str, str], trace_id: str) -> Request:
    key = headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isascii() and key.isprintable()):
        message = f"1 to {_MAX_KEY} printable ASCII characters"
        raise InvalidInputError(message, faults=(Fault("Idempotency-Key", "form", message),))
    source_ip = event["requestContext"].get("identity", {}).get("sourceIp", "")
    return Request(trace_id, source_ip, _printable(headers.get("user-agent", "")), key)


def _printable(agent: str) -> str:
    """What a client calls itself, fit to be kept and shown."""
    return "".join(letter for letter in agent if letter.isprintable())[:_MAX_AGENT]


def _respond(result: Any, status: int, trace_id: str) -> Response:
    if isinstance(result, Raw):
        response = _response(status, result.text, result.content_type, trace_id)
        response["headers"]["Cache-Control"] = result.cache
        if result.content_type.startswith("text/html"):
            response["headers"]["Content-Security-Policy"] = _PAGE_POLICY
        return response
    if isinstance(result, Answer):
        result, status = result
    return _response(status, result.model_dump_json(), "application/json", trace_id)


def _problem(status: int, body: Mapping[str, object], trace_id: str) -> Response:
    response = _response(status, json.dumps(body), "application/problem+json", trace_id)
    if status == 401:
        response["headers"]["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response["headers"]["Retry-After"] = "1"
    return response


def _response(status: int, body: str, content_type: str, trace_id: str) -> Response:
    headers = {"Content-Type": content_type, "X-Trace-Id": trace_id, **_SECURE}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
