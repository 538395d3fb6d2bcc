"""Meets API Gateway's authorizer: a token in, a policy and the verified identity out.

It guards both APIs. A browser can give a WebSocket no header of its own but the subprotocols it
offers: there the token stands behind `hub.bearer.`, beside `hub.v1`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hub.application.ports.identity import Identity
from hub.domain.kernel import UnauthenticatedError

_SCHEME = "bearer "
_OFFERED = "hub.bearer."


class Unauthorized(Exception):  # noqa: N818  # API Gateway answers 401 to exactly this message
    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorizer(verify: Callable[[str], Identity]) -> Callable[[Mapping[str, Any], Any], Any]:
    """The handler. Its answer may be kept for every method of the stage."""

    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        credential = _of_request(event) if event.get("type") == "REQUEST" else _of_token(event)
        if not credential:
            raise Unauthorized
        try:
            identity = verify(credential)
        except UnauthenticatedError as error:
            raise Unauthorized from error
        api, stage = str(event["methodArn"]).split("/")[:2]
        return _allow(identity, f"{api}/{stage}/*")

    return handle


def _of_token(event: Mapping[str, Any]) -> str:
    return _bearer(str(event.get("authorizationToken") or ""))


def _of_request(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    offered = headers.get("sec-websocket-protocol", "").split(",")
    found = (each.strip() for each in offered)
    tokens = [each.removeprefix(_OFFERED) for each in found if each.startswith(_OFFERED)]
    return _bearer(headers.get("authorization", "")) or next(iter(tokens), "")


def _bearer(header: str) -> str:
    return header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""


def _allow(identity: Identity, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {
        "principalId": identity.customer_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {
            "sub": identity.customer_id,
            "sid": identity.session_id,
            "scope": identity.scope,
            "exp": str(int(identity.expires_at.timestamp())),
            "account": identity.account_id or "",
        },
    }
