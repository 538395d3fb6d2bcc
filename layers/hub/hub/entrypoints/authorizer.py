"""Meets API Gateway's authorizer: a token in, a policy and the verified identity out."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.application.ports.identity import Identity
from hub.domain.kernel import UnauthenticatedError

_SCHEME = "bearer "


class Unauthorized(Exception):  # noqa: N818  # API Gateway answers 401 to exactly this message
    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorizer(verify: Callable[[str], Identity]) -> Callable[[Mapping[str, Any], Any], Any]:
    """The handler of a token authorizer. Its answer may be kept for every method of the stage."""

    def handle(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        header = str(event.get("authorizationToken") or "")
        if not header.lower().startswith(_SCHEME):
            raise Unauthorized
        try:
            identity = verify(header[len(_SCHEME) :].strip())
        except UnauthenticatedError as error:
            raise Unauthorized from error
        api, stage = str(event["methodArn"]).split("/")[:2]
        return _allow(identity, f"{api}/{stage}/*")

    return handle


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
