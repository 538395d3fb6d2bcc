"""Gateway responses: what API Gateway itself answers, in its own words or in the template's."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from local.api.call import Call
from local.template.errors import Place, TemplateError
from local.template.model import GatewayResponse


class _Default(NamedTuple):
    status: int
    message: str | None
    error: str
    key: str = "message"


_DEFAULTS = {
    "ACCESS_DENIED": _Default(
        403, "User is not authorized to access this resource", "AccessDeniedException", "Message"
    ),
    "AUTHORIZER_CONFIGURATION_ERROR": _Default(500, None, "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": _Default(500, None, "AuthorizerFailureException"),
    "DEFAULT_4XX": _Default(400, "Bad Request", "BadRequestException"),
    "DEFAULT_5XX": _Default(500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_FAILURE": _Default(504, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": _Default(
        504, "Endpoint request timed out", "InternalServerErrorException"
    ),
    "MISSING_AUTHENTICATION_TOKEN": _Default(
        403, "Missing Authentication Token", "MissingAuthenticationTokenException"
    ),
    "REQUEST_TOO_LARGE": _Default(413, "Request Too Long", "RequestEntityTooLargeException"),
    "UNAUTHORIZED": _Default(401, "Unauthorized", "UnauthorizedException"),
}
_NEVER_HERE = {
    "API_CONFIGURATION_ERROR", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "EXPIRED_TOKEN",
    "INVALID_API_KEY", "INVALID_SIGNATURE", "QUOTA_EXCEEDED", "RESOURCE_NOT_FOUND", "THROTTLED",
    "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}  # fmt: skip
_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+[A-Za-z])")
_VARIABLES = {
    "error.message", "error.messageString", "error.responseType", "extendedRequestId",
    "httpMethod", "identity.sourceIp", "path", "protocol", "requestId", "stage",
}  # fmt: skip


class Refused(Exception):  # noqa: N818 -- an answer, not a defect
    """The request ends here with a gateway response of this kind."""

    def __init__(self, kind: str, *, status: int | None = None, message: str | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.message = message


class GatewayResponses:
    def __init__(self, responses: Mapping[str, GatewayResponse], stage: str) -> None:
        for kind, response in responses.items():
            _check(kind, response)
        self._responses = responses
        self._stage = stage

    def answer(self, refused: Refused, call: Call) -> web.Response:
        default = _DEFAULTS[refused.kind]
        status = refused.status or default.status
        family = "DEFAULT_5XX" if status >= 500 else "DEFAULT_4XX"
        response = self._responses.get(refused.kind) or self._responses.get(family)
        message = refused.message or default.message
        headers = {"x-amzn-ErrorType": default.error, "Content-Type": "application/json"}
        text = json.dumps({default.key: message})
        if response is not None:
            status = response.status or status
            if response.template is not None:
                headers["Content-Type"] = response.content_type or "application/json"
                text = self._filled(response.template, refused.kind, message, call)
            headers |= response.headers  # one of them may name the type anew
        return web.Response(status=status, headers=headers, body=text.encode())

    def _filled(self, template: str, kind: str, message: str | None, call: Call) -> str:
        values = {
            "error.message": message or "",
            "error.messageString": json.dumps(message),
            "error.responseType": kind,
            "extendedRequestId": call.request_id,
            "httpMethod": call.method,
            "identity.sourceIp": call.source_ip,
            "path": f"/{self._stage}{call.path}",
            "protocol": call.protocol,
            "requestId": call.request_id,
            "stage": self._stage,
        }
        return _VARIABLE.sub(lambda match: values[match[1]], template)


def _check(kind: str, response: GatewayResponse) -> None:
    place = Place("GatewayResponses", kind)
    if kind not in _DEFAULTS and kind not in _NEVER_HERE:
        raise TemplateError(place, "is no gateway response")
    unknown = set(_VARIABLE.findall(response.template or "")) - _VARIABLES
    if unknown:
        raise TemplateError(place, f"$context.{min(unknown)} is not supported here")
