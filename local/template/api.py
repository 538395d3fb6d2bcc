"""The REST API of the template: stage, routes, authorizers, gateway responses, CORS."""

from typing import NamedTuple

from local.template.errors import Place, TemplateError
from local.template.model import ApiSpec, AuthorizerSpec, CorsSpec, GatewayResponse, Route
from local.template.properties import Properties
from local.template.resources import Resources

_CLOUD_ONLY = ("Name", "Description", "EndpointConfiguration", "TracingEnabled",
               "AccessLogSetting", "MethodSettings", "Tags", "PropagateTags", "OpenApiVersion",
               "Domain", "DisableExecuteApiEndpoint", "AlwaysDeploy", "MinimumCompressionSize",
               "SecurityPolicy", "FailOnWarnings", "Models")  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")


class ApiEvent(NamedTuple):
    """An Api event of a function before the API's default authorizer is known."""

    method: str
    path: str
    function: str
    authorizer: str | None
    place: Place


def read_event(properties: Properties, function: str) -> ApiEvent:
    auth = properties.child("Auth")
    event = ApiEvent(
        properties.text("Method").upper(),
        properties.text("Path"),
        function,
        auth.text("Authorizer", None),
        properties.place,
    )
    if event.method not in _METHODS:
        raise TemplateError(properties.at("Method"), f"{event.method} is no method")
    properties.leave(("RestApiId", "RequestModel", "RequestParameters"))
    auth.finish()
    properties.finish()
    return event


def read_api(resources: Resources, events: list[ApiEvent]) -> ApiSpec | None:
    """The one REST API; SAM's implicit one when functions have Api events and no API exists."""
    declared = list(resources.of_type("AWS::Serverless::Api"))
    if len(declared) > 1:
        raise TemplateError(declared[1][1].place, "only one REST API is supported")
    if not declared:
        routes = tuple(_route(event, None, {}) for event in events)
        return ApiSpec("local", "Prod", {}, routes, {}, {}, None) if routes else None
    properties = declared[0][1]
    auth = properties.child("Auth")
    authorizers = {
        name: _authorizer(name, below, resources) for name, below in auth.children("Authorizers")
    }
    default = auth.text("DefaultAuthorizer", None)
    guarded = auth.flag("AddDefaultAuthorizerToCorsPreflight", True)
    auth.leave(("UsagePlan", "ResourcePolicy"))
    auth.finish()
    spec = ApiSpec(
        api_id="local",
        stage=properties.text("StageName"),
        variables=properties.texts("Variables"),
        routes=tuple(_route(event, default, authorizers) for event in events),
        authorizers=authorizers,
        responses={
            name: _response(below) for name, below in properties.children("GatewayResponses")
        },
        cors=_cors(properties, default if guarded else None),
    )
    properties.leave(_CLOUD_ONLY)
    properties.finish()
    return spec


def _route(event: ApiEvent, default: str | None, known: dict[str, AuthorizerSpec]) -> Route:
    authorizer = event.authorizer or default
    if authorizer == "NONE":
        authorizer = None
    if authorizer is not None and authorizer not in known:
        raise TemplateError(event.place.of("Auth"), f"the API has no authorizer {authorizer}")
    return Route(event.method, event.path, event.function, authorizer)


def _authorizer(name: str, properties: Properties, resources: Resources) -> AuthorizerSpec:
    arn = properties.text("FunctionArn").partition(":function:")[2].partition(":")[0]
    function = resources.named("AWS::Serverless::Function", arn, properties.at("FunctionArn"))
    kind = properties.one_of("FunctionPayloadType", ("TOKEN", "REQUEST"), "TOKEN")
    identity = properties.child("Identity")
    ttl = identity.number("ReauthorizeEvery", 300)
    if kind == "TOKEN":
        headers = (identity.text("Header", "Authorization"),)
        queries: tuple[str, ...] = ()
    else:
        headers = tuple(identity.get("Headers", []))
        queries = tuple(identity.get("QueryStrings", []))
    validation = identity.text("ValidationExpression", None)
    if ttl and not headers and not queries:
        raise TemplateError(identity.place, "caching needs an identity source")
    identity.finish()
    properties.leave(("FunctionInvokeRole", "DisableFunctionDefaultPermissions"))
    properties.finish()
    return AuthorizerSpec(name, function, kind, ttl, headers, queries, validation)


def _response(properties: Properties) -> GatewayResponse:
    parameters = properties.child("ResponseParameters")
    headers = parameters.texts("Headers")
    for name, value in headers.items():
        if not (len(value) >= 2 and value[0] == value[-1] == "'"):
            raise TemplateError(
                parameters.at("Headers").of(name), "only '...' literals are supported"
            )
    headers = {name: value[1:-1] for name, value in headers.items()}
    templates = properties.texts("ResponseTemplates")
    if len(templates) > 1:
        raise TemplateError(properties.at("ResponseTemplates"), "one content type, please")
    content_type, template = next(iter(templates.items()), (None, None))
    status = properties.number("StatusCode", None)
    parameters.finish()
    properties.finish()
    return GatewayResponse(status, headers, content_type, template)


def _cors(properties: Properties, authorizer: str | None) -> CorsSpec | None:
    raw = properties.raw("Cors")
    if isinstance(raw, str):
        return CorsSpec(raw.strip("'"), None, None, None, False, authorizer)
    cors = properties.child("Cors")
    if not list(cors):
        return None
    spec = CorsSpec(
        cors.text("AllowOrigin").strip("'"),
        _unquoted(cors.text("AllowHeaders", None)),
        _unquoted(cors.text("AllowMethods", None)),
        _unquoted(cors.text("MaxAge", None)),
        cors.flag("AllowCredentials"),
        authorizer,
    )
    cors.finish()
    return spec


def _unquoted(text: str | None) -> str | None:
    return None if text is None else text.strip("'")
