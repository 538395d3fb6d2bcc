"""Builds the events that API Gateway sends: REST proxy events (1.0) and authorizer events."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from zlib import crc32

from local.api.call import Call, Pairs
from local.api.routes import Match
from local.template.catalogue import ACCOUNT, REGION
from local.template.model import ApiSpec

_NO_IDENTITY = dict.fromkeys(
    ("accessKey", "accountId", "apiKey", "apiKeyId", "caller", "clientCert",
     "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
     "cognitoIdentityPoolId", "principalOrgId", "user", "userArn")
)  # fmt: skip


def method_arn(call: Call, api: ApiSpec) -> str:
    """What policies of authorizers speak about."""
    resource = f"{api.api_id}/{api.stage}/{call.method}/{call.path.removeprefix('/')}"
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{resource}"


def proxy_event(
    call: Call, match: Match, api: ApiSpec, body: bytes, authorizer: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        **_request(call, match, api, authorizer),
        "body": body.decode("utf-8", errors="replace") if body else None,
        "isBase64Encoded": False,
    }


def request_authorizer_event(call: Call, match: Match, api: ApiSpec) -> dict[str, Any]:
    request = _request(call, match, api, None)
    return {"type": "REQUEST", "methodArn": method_arn(call, api), **request}


def _request(
    call: Call, match: Match, api: ApiSpec, authorizer: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "resource": match.resource,
        "path": unquote(call.path),
        "httpMethod": call.method,
        "headers": dict(call.headers),
        "multiValueHeaders": multiple(call.headers),
        "queryStringParameters": dict(call.query) or None,
        "multiValueQueryStringParameters": multiple(call.query) or None,
        "pathParameters": match.parameters or None,
        "stageVariables": dict(api.variables) or None,
        "requestContext": _context(call, match, api, authorizer),
    }


def _context(
    call: Call, match: Match, api: ApiSpec, authorizer: dict[str, Any] | None
) -> dict[str, Any]:
    host = call.header("Host") or ""
    moment = datetime.fromtimestamp(call.time, UTC)
    context: dict[str, Any] = {
        "resourceId": f"{crc32(match.resource.encode()):08x}",
        "resourcePath": match.resource,
        "httpMethod": call.method,
        "extendedRequestId": call.request_id,
        "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "path": f"/{api.stage}{call.path}",
        "accountId": ACCOUNT,
        "protocol": call.protocol,
        "stage": api.stage,
        "domainPrefix": host.partition(".")[0],
        "requestTimeEpoch": int(call.time * 1000),
        "requestId": call.request_id,
        "identity": {
            **_NO_IDENTITY,
            "sourceIp": call.source_ip,
            "userAgent": call.header("User-Agent"),
        },
        "domainName": host,
        "apiId": api.api_id,
    }
    if authorizer is not None:
        context["authorizer"] = authorizer
    return context


def multiple(pairs: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
