"""The WebSocket API of the template: its routes, and who may connect."""

from local.template.errors import TemplateError
from local.template.model import WebSocketSpec
from local.template.properties import Properties
from local.template.resources import Resources

_KIND = "AWS::Serverless::WebSocketApi"
_SELECTION = "$request.body."
_CLOUD_ONLY = ("Name", "Description", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings",
               "Tags", "PropagateTags", "Domain", "DisableExecuteApiEndpoint", "IpAddressType",
               "FailOnWarnings")  # fmt: skip
_ROUTE_CLOUD_ONLY = ("OperationName", "ApiKeyRequired")


def read_websocket_api(resources: Resources) -> WebSocketSpec | None:
    """The one WebSocket API, if there is any."""
    declared = list(resources.of_type(_KIND))
    if not declared:
        return None
    if len(declared) > 1:
        raise TemplateError(declared[1][1].place, "only one WebSocket API is supported")
    properties = declared[0][1]
    selection = properties.text("RouteSelectionExpression")
    if not selection.startswith(_SELECTION) or "." in selection.removeprefix(_SELECTION):
        place = properties.at("RouteSelectionExpression")
        raise TemplateError(place, f"only {_SELECTION}<field> is supported")
    spec = WebSocketSpec(
        api_id="localws",
        stage=properties.text("StageName"),
        variables=properties.texts("StageVariables"),
        selected_by=selection.removeprefix(_SELECTION),
        routes={name: _route(route, resources) for name, route in properties.children("Routes")},
        authorizer=_authorizer(properties.child("Auth"), resources),
    )
    properties.leave(_CLOUD_ONLY)
    properties.finish()
    return spec


def _route(route: Properties, resources: Resources) -> str:
    function = _function(route, "FunctionArn", resources)
    timeout = route.number("IntegrationTimeout", None)
    if timeout is not None and not 50 <= timeout <= 29_000:
        raise TemplateError(route.at("IntegrationTimeout"), "is 50 to 29000 milliseconds")
    route.leave(_ROUTE_CLOUD_ONLY)
    route.finish()
    return function


def _authorizer(auth: Properties, resources: Resources) -> str | None:
    if not list(auth):
        return None
    auth.one_of("AuthType", ("CUSTOM",))
    function = _function(auth, "AuthArn", resources)
    if sources := auth.get("IdentitySource", []):
        place = auth.at("IdentitySource")
        raise TemplateError(place, f"{sources[0]}: identity sources are not supported here")
    auth.leave(("Name", "InvokeRole"))
    auth.finish()
    return function


def _function(properties: Properties, name: str, resources: Resources) -> str:
    arn = properties.text(name).partition(":function:")[2].partition(":")[0]
    return resources.named("AWS::Serverless::Function", arn, properties.at(name))
