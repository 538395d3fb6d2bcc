"""Access tokens: RS256 JWTs of ten minutes, and the one verifier behind every door.

PyJWT alone would take a missing exp, a list as audience, any type of token and one of any size:
the checks around it are part of the verifier.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_decode

from hub.application.ports.identity import Identity
from hub.domain.kernel import CustomerId, UnauthenticatedError

ISSUER = "https://hub.local"
AUDIENCE = "hub"
TYPE = "at+jwt"
ALGORITHM = "RS256"
ACCESS_LIFE = timedelta(minutes=10)
_LONGEST = 4096
_REQUIRED = ("exp", "iat", "nbf", "iss", "aud", "sub", "sid", "jti", "scope")


class SigningKey(NamedTuple):
    """`kid` names the key in the tokens it signs; `private_key` is PEM."""

    kid: str
    private_key: str


def signing_key_from(secret: str) -> SigningKey:
    return SigningKey(**json.loads(secret))


class RsaTokens:
    """Issues with the signing key (fetched when first needed), verifies with the public keys."""

    def __init__(
        self, verifying_keys: Mapping[str, str], signing_key: Callable[[], SigningKey]
    ) -> None:
        self._verifying_keys = verifying_keys
        self._fetch_signing_key = signing_key

    @property
    def life(self) -> timedelta:
        return ACCESS_LIFE

    @cached_property
    def _signing_key(self) -> tuple[str, Any]:
        # Reading a private key checks it, which takes fifty times as long as to sign with it.
        key = self._fetch_signing_key()
        return key.kid, RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(key.private_key)

    def issue(self, customer_id: CustomerId, session_id: str, scope: str, at: datetime) -> str:
        kid, key = self._signing_key
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": customer_id,
            "sid": session_id,
            "scope": scope,
            "iat": at,
            "nbf": at,
            "exp": at + ACCESS_LIFE,
            "jti": str(uuid4()),
        }
        headers = {"kid": kid, "typ": TYPE}
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)

    def public_keys(self) -> Sequence[Mapping[str, str]]:
        return [_public_key(kid, pem) for kid, pem in self._verifying_keys.items()]

    def verify(self, token: str) -> Identity:
        return verify(token, self._verifying_keys)


def verify(token: str, verifying_keys: Mapping[str, str]) -> Identity:
    """Who the token speaks for. `verifying_keys` are PEM public keys by kid.

    Raises UnauthenticatedError, with no more said than that.
    """
    try:
        claims = _checked(token, verifying_keys)
        return Identity(
            CustomerId(claims["sub"]),
            claims["sid"],
            claims["scope"],
            datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (jwt.InvalidTokenError, ValueError, KeyError, OverflowError, OSError) as error:
        # OverflowError and OSError: an exp that no calendar reaches.
        raise UnauthenticatedError("the token is not valid", code="bad_token") from error


def _unverified_header(token: str) -> Mapping[str, Any]:
    """To find the key by; PyJWT reads it once more, with all the rest."""
    try:
        header = json.loads(base64url_decode(token.partition(".")[0]))
    except RecursionError as error:
        raise jwt.InvalidTokenError("no header") from error
    if not isinstance(header, dict):
        raise jwt.InvalidTokenError("no header")
    return header


@lru_cache(maxsize=16)
def _read(pem: str) -> Any:
    """A public key, ready to verify with."""
    return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)


def _public_key(kid: str, pem: str) -> Mapping[str, str]:
    key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)
    numbers = RSAAlgorithm.to_jwk(key, as_dict=True)
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHM,
        "kid": kid,
        "n": numbers["n"],
        "e": numbers["e"],
    }


def _checked(token: str, verifying_keys: Mapping[str, str]) -> dict[str, Any]:
    if len(token) > _LONGEST:
        raise jwt.InvalidTokenError("too long")
    header = _unverified_header(token)
    if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
        raise jwt.InvalidTokenError("not an access token")
    kid = header.get("kid")
    if not isinstance(kid, str) or kid not in verifying_keys:
        raise jwt.InvalidTokenError("signed by nobody we know")
    claims: dict[str, Any] = jwt.decode(
        token,
        _read(verifying_keys[kid]),
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": list(_REQUIRED), "strict_aud": True},
    )
    numbers = all(type(claims[name]) is int for name in ("exp", "iat", "nbf"))
    texts = all(isinstance(claims[name], str) for name in ("sub", "sid", "scope", "jti"))
    if not (numbers and texts):
        raise jwt.InvalidTokenError("a claim of the wrong type")
    return claims
