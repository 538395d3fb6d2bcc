"""Access tokens: RS256 JWTs of ten minutes, and the one verifier behind every door.

A token is read here and not by PyJWT, which takes three times as long as to verify the signature,
and would take a missing exp, a list as audience, any type of token and one of any size.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from time import time
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import RSAAlgorithm

from hub.application.ports.identity import Identity
from hub.domain.kernel import CustomerId, UnauthenticatedError

ISSUER = "https://hub.local"
AUDIENCE = "hub"
TYPE = "at+jwt"
ALGORITHM = "RS256"
ACCESS_LIFE = timedelta(minutes=10)
_LONGEST = 4096
_NUMBERS = ("exp", "iat", "nbf")
_TEXTS = ("iss", "aud", "sub", "sid", "jti", "scope")
_parse = json.JSONDecoder().decode
_PADDING, _DIGEST = PKCS1v15(), SHA256()
# The letters of base64url, and nothing else, become those that the library reads.
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")


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
    except (InvalidSignature, ValueError, KeyError, OverflowError, OSError) as error:
        # OverflowError and OSError: an exp that no calendar reaches.
        raise UnauthenticatedError("the token is not valid", code="bad_token") from error


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
        raise ValueError("too long")
    header, payload, signature = token.split(".")
    kid = _kid(header)
    if kid not in verifying_keys:
        raise ValueError("signed by nobody we know")
    signed = f"{header}.{payload}".encode("ascii")
    _read(verifying_keys[kid]).verify(_decoded(signature), signed, _PADDING, _DIGEST)
    claims = _parsed(payload)
    _check_claims(claims)
    return claims


@lru_cache(maxsize=64)
def _kid(header: str) -> str:
    """Of a header that is ours, which every token of a key has in the same letters."""
    fields = _parsed(header)
    kid = fields.get("kid")
    # Nothing more may stand there: `crit`, `b64` and their like change what is signed.
    if not isinstance(kid, str) or fields != {"alg": ALGORITHM, "typ": TYPE, "kid": kid}:
        raise ValueError("not an access token")
    return kid


def _check_claims(claims: Mapping[str, Any]) -> None:
    """Raises ValueError or KeyError."""
    numbers = all(type(claims[name]) is int for name in _NUMBERS)
    texts = all(type(claims[name]) is str for name in _TEXTS)
    if not (numbers and texts):
        raise ValueError("a claim of the wrong type")
    if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
        raise ValueError("of another, or for another")
    if not max(claims["iat"], claims["nbf"]) <= time() < claims["exp"]:
        raise ValueError("not now")


def _parsed(segment: str) -> dict[str, Any]:
    """Raises ValueError."""
    try:
        fields = _parse(_decoded(segment).decode())
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(fields, dict):
        raise ValueError("not an object")  # noqa: TRY004  # of what came, not of a call here
    return fields


def _decoded(segment: str) -> bytes:
    """Raises ValueError where it is not the one way to write these bytes."""
    text = segment.encode("ascii").translate(_TO_STANDARD)
    decoded = a2b_base64(text + b"=" * (-len(text) % 4))
    if b2a_base64(decoded, newline=False).rstrip(b"=") != text:
        raise ValueError("not in base64url")
    return decoded
