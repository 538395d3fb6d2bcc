"""One table of everything that is no access token of ours, and what is."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hub.adapters.tokens import AUDIENCE, ISSUER, TYPE, RsaTokens, SigningKey, verify
from hub.domain.kernel import CustomerId, UnauthenticatedError
from hub.entrypoints.authorizer import Unauthorized, authorizer


class KeyPair:
    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        self.public = (
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )


OURS, THEIRS = KeyPair(), KeyPair()
KEYS = {"k1": OURS.public}
NOW = datetime.now(UTC).replace(microsecond=0)
ABSENT = object()


@pytest.fixture(autouse=True, scope="module")
def moment() -> Iterator[None]:
    """It stays the moment at which these tokens were made, however late the tests come."""
    with patch("hub.adapters.tokens.time", NOW.timestamp):
        yield


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "customer",
        "sid": "session",
        "scope": "customer",
        "iat": int(NOW.timestamp()),
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 600,
        "jti": "1",
        **changes,
    }
    return {name: value for name, value in good.items() if value is not ABSENT}


def encoded(part: Any) -> str:
    text = part if isinstance(part, str) else json.dumps(part)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def signed(given: dict[str, Any] | None = None, *, key: KeyPair = OURS, **header: Any) -> str:
    """A token signed for real, whatever stands in it."""
    headers = {"kid": "k1", "typ": TYPE, **header}
    if headers["kid"] is ABSENT:
        del headers["kid"]
    return raw(json.dumps({"alg": "RS256", **headers}), given or claims(), key)


def raw(header: str, payload: Any, key: KeyPair = OURS) -> str:
    text = f"{encoded(header)}.{encoded(payload)}"
    algorithm = jwt.get_algorithm_by_name("RS256")
    signature = algorithm.sign(text.encode(), algorithm.prepare_key(key.private))
    return f"{text}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def with_public_key_as_secret() -> str:
    text = f"{encoded({'alg': 'HS256', 'kid': 'k1', 'typ': TYPE})}.{encoded(claims())}"
    digest = hmac.new(OURS.public.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


def tampered(part: int) -> str:
    pieces = signed().split(".")
    middle = len(pieces[part]) // 2
    letter = "A" if pieces[part][middle] != "A" else "B"
    pieces[part] = pieces[part][:middle] + letter + pieces[part][middle + 1 :]
    return ".".join(pieces)


NOW_SECONDS = int(NOW.timestamp())
BAD = {
    "nothing": "",
    "no token": "abc",
    "two parts": "a.b",
    "four parts": signed() + ".x",
    "alg none": f"{encoded({'alg': 'none', 'kid': 'k1', 'typ': TYPE})}.{encoded(claims())}.",
    "alg None in capitals": f"{encoded({'alg': 'NONE', 'kid': 'k1', 'typ': TYPE})}"
    f".{encoded(claims())}.",
    "HS256 with the public key as secret": with_public_key_as_secret(),
    "another's signature": signed(key=THEIRS),
    "no signature": signed().rpartition(".")[0] + ".",
    "unknown kid": signed(kid="k2"),
    "no kid": signed(kid=ABSENT),
    "a kid that is a path": signed(kid="../../dev/null"),
    "a kid that is a list": signed(kid=["k1"]),
    "an id token": signed(typ="JWT"),
    "no typ": signed(typ=None),
    "wrong iss": signed(claims(iss="https://elsewhere")),
    "iss in a list": signed(claims(iss=[ISSUER])),
    "wrong aud": signed(claims(aud="other")),
    "aud in a list": signed(claims(aud=[AUDIENCE])),
    "aud beside others": signed(claims(aud=[AUDIENCE, "other"])),
    "exp in the past": signed(claims(exp=NOW_SECONDS - 1)),
    "exp as text": signed(claims(exp=str(NOW_SECONDS + 600))),
    "exp with a fraction": signed(claims(exp=NOW_SECONDS + 600.5)),
    "exp null": signed(claims(exp=None)),
    "exp beyond all time": signed(claims(exp=10**17)),
    "exp beyond all numbers": signed(claims(exp=10**30)),
    "nbf in the future": signed(claims(nbf=NOW_SECONDS + 86_400, exp=NOW_SECONDS + 90_000)),
    "iat as text": signed(claims(iat="now")),
    "sub as a number": signed(claims(sub=1)),
    "sid as a list": signed(claims(sid=["s"])),
    "scope as a list": signed(claims(scope=["customer"])),
    "claims that are a list": raw(json.dumps({"alg": "RS256", "kid": "k1", "typ": TYPE}), []),
    "a header that is a list": raw("[]", claims()),
    "a header of endless depth": f"{encoded('[' * 2500)}.{encoded({})}.x",
    "claims of endless depth": raw(
        json.dumps({"alg": "RS256", "kid": "k1", "typ": TYPE}), "[" * 2000
    ),
    "too long": signed(claims(scope="x" * 5000)),
    "not ASCII": signed() + "é",
    "half of a pair": "\ud800",
    "a tampered header": tampered(0),
    "tampered claims": tampered(1),
    "a tampered signature": tampered(2),
    **{
        f"no {name}": signed(claims(**{name: ABSENT}))
        for name in ("exp", "iat", "nbf", "iss", "aud", "sub", "sid", "jti", "scope")
    },
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_token_of_ours_is_refused_and_not_explained(what: str):
    with pytest.raises(UnauthenticatedError) as refused:
        verify(BAD[what], KEYS)
    assert (refused.value.code, refused.value.detail) == ("bad_token", "the token is not valid")


def test_a_good_token_says_who_and_until_when():
    identity = verify(signed(), KEYS)
    assert (identity.customer_id, identity.session_id) == ("customer", "session")
    assert identity.expires_at == NOW + timedelta(seconds=600)


def test_what_is_issued_verifies_for_ten_minutes():
    tokens = RsaTokens(KEYS, lambda: SigningKey("k1", OURS.private))
    token = tokens.issue(CustomerId("me"), "s", "customer", NOW)
    identity = tokens.verify(token)
    assert (identity.customer_id, identity.scope) == ("me", "customer")
    assert identity.expires_at - NOW == tokens.life == timedelta(minutes=10)
    old = tokens.issue(CustomerId("me"), "s", "customer", NOW - timedelta(seconds=601))
    with pytest.raises(UnauthenticatedError):
        tokens.verify(old)


ARN = "arn:aws:execute-api:us-east-1:1:api/v1/GET/api/v1/orders/1"


def test_the_authorizer_allows_every_method_of_its_stage():
    handle = authorizer(lambda token: verify(token, KEYS))
    event = {"authorizationToken": f"bearer {signed()}", "methodArn": ARN}
    policy = handle(event, None)
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:1:api/v1/*"
    assert statement["Effect"] == "Allow"
    assert policy["context"]["exp"] == str(NOW_SECONDS + 600)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"authorization": "bearer {}"},
        {"Sec-WebSocket-Protocol": "hub.v1, hub.bearer.{}"},
        {"sec-websocket-protocol": "hub.bearer.{}"},
    ],
)
def test_who_connects_a_websocket_shows_the_token_in_a_header(headers: dict[str, str]):
    handle = authorizer(lambda token: verify(token, KEYS))
    given = {name: text.format(signed()) for name, text in headers.items()}
    event = {"type": "REQUEST", "headers": given, "methodArn": ARN, "authorizationToken": "no"}
    assert handle(event, None)["policyDocument"]["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize(
    "headers", [None, {}, {"Authorization": ""}, {"Sec-WebSocket-Protocol": "hub.v1, hub.bearer."}]
)
def test_who_connects_a_websocket_without_a_token_is_unauthorized(headers: dict[str, str] | None):
    handle = authorizer(lambda token: verify(token, KEYS))
    with pytest.raises(Unauthorized):
        handle({"type": "REQUEST", "headers": headers, "methodArn": ARN}, None)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", *BAD.values()])
def test_the_authorizer_answers_anything_else_with_unauthorized(header: str | None):
    handle = authorizer(lambda token: verify(token, KEYS))
    given = f"Bearer {header}" if header in BAD.values() else header
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        handle({"authorizationToken": given, "methodArn": ARN}, None)


def test_a_key_that_signs_no_more_is_good_until_it_is_taken_out():
    def signing_with(kid: str, pair: KeyPair, verifying: dict[str, str]) -> RsaTokens:
        return RsaTokens(verifying, lambda: SigningKey(kid, pair.private))

    def issued_by(tokens: RsaTokens) -> str:
        return tokens.issue(CustomerId("customer"), "session", "customer", NOW)

    both = {"k1": OURS.public, "k2": THEIRS.public}
    old, new = signing_with("k1", OURS, both), signing_with("k2", THEIRS, both)
    for token in (issued_by(old), issued_by(new)):
        assert new.verify(token).customer_id == "customer"
    assert [key["kid"] for key in new.public_keys()] == ["k1", "k2"]

    after = signing_with("k2", THEIRS, {"k2": THEIRS.public})
    assert after.verify(issued_by(new)).customer_id == "customer"
    with pytest.raises(UnauthenticatedError):
        after.verify(issued_by(old))
