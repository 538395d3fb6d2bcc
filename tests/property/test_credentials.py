"""Whatever is presented at the door: an identity, or a refusal, and never a defect."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from json import dumps
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hub.adapters.tokens import AUDIENCE, ISSUER, RsaTokens, SigningKey, verify
from hub.application.identity.authorize import Authorize
from hub.application.ports.identity import UsedKey
from hub.domain.identity.api_keys import is_key
from hub.domain.identity.second_factor import SecondFactor, accepted_step, recovery_hash
from hub.domain.kernel import CustomerId, UnauthenticatedError
from hub.entrypoints.authorizer import Unauthorized, authorizer
from tests.fixtures.ports import EPOCH, MovedClock

ARN = "arn:aws:execute-api:us-east-1:000000000000:hub/local/GET/api/v1/auth/me"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
PUBLIC = (
    _KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
KEYS = {"k1": PUBLIC}
TOKENS = RsaTokens(KEYS, lambda: SigningKey("k1", PRIVATE))
MOMENT = datetime.now(UTC).replace(microsecond=0)
GOOD = TOKENS.issue(CustomerId("customer"), "session", "customer", MOMENT)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


class Stopped(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # as it is called
        return MOMENT.astimezone(tz)


@pytest.fixture(autouse=True, scope="module")
def moment() -> Iterator[None]:
    """For Hub and for the library it stays the moment at which the good token was made."""
    ours = patch("hub.adapters.tokens.time", MOMENT.timestamp)
    with ours, patch("jwt.api_jwt.datetime", Stopped):
        yield


class NoKeys:
    """Keys of nobody."""

    def use(self, _token_hash: bytes, _at: datetime) -> UsedKey | None:
        return None


DOOR = authorizer(Authorize(TOKENS, NoKeys(), MovedClock()))  # type: ignore[arg-type]  # asked for nothing else


SIGNING = jwt.get_algorithm_by_name("RS256")


def part(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value)
    return part_of_bytes(text.encode("utf-8", "surrogatepass"))


def part_of_bytes(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def refused(credential: str) -> None:
    event = {"authorizationToken": f"Bearer {credential}", "methodArn": ARN}
    with pytest.raises(Unauthorized):
        DOOR(event, None)


@settings(max_examples=2000)
@given(st.text(max_size=300))
def test_no_text_opens_the_door(text: str):
    refused(text)


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, JSON, st.text(max_size=100))
def test_no_json_in_the_form_of_a_token_opens_it(header: Any, payload: Any, signature: str):
    refused(f"{part(header)}.{part(payload)}.{part(signature)}")


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "alg": st.sampled_from(["none", "HS256", "RS256", "ES256", ""]) | JSON,
            "typ": st.sampled_from(["JWT", "at+jwt"]) | JSON,
            "kid": st.sampled_from(["k1", "../k1", "k2"]) | JSON,
            "jku": st.just("https://example.com/keys"),
            "crit": JSON,
            "b64": JSON,
            "zip": st.just("DEF"),
        },
    )
)
def test_no_other_header_makes_a_good_payload_good(header: dict[str, Any]):
    _, payload, signature = GOOD.split(".")
    refused(f"{part(header)}.{payload}.{signature}")


@settings(max_examples=2000)
@given(st.integers(0, len(GOOD) - 1), st.characters(max_codepoint=0x2FF))
def test_a_token_with_another_letter_is_refused(place: int, letter: str):
    """Also where only bits of it differ that stand for nothing."""
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    assume(changed != GOOD)
    with pytest.raises(UnauthenticatedError):
        verify(changed, KEYS)


NOW = int(MOMENT.timestamp())
TIMES = st.sampled_from([NOW - 900, NOW + 3600, str(NOW), NOW + 0.5, True, None, 10**30])
CLAIMS: dict[str, Any] = {
    "iss": st.sampled_from([ISSUER, [ISSUER], "", "https://elsewhere"]),
    "aud": st.sampled_from([AUDIENCE, [AUDIENCE], "other"]),
    **dict.fromkeys(("iat", "nbf", "exp"), TIMES),
    **dict.fromkeys(("sub", "sid", "scope", "jti"), st.sampled_from(["", "me", 1, ["me"], {}])),
}
HEADERS: dict[str, Any] = {
    "crit": st.sampled_from([[], ["b64"], ["exp"], "b64"]),
    "b64": st.booleans(),
    "typ": st.sampled_from(["at+jwt", "JWT", None]),
    "alg": st.sampled_from(["RS256", "RS512", "none"]),
}


@settings(max_examples=300)
@given(
    st.fixed_dictionaries({}, optional=CLAIMS),
    st.sets(st.sampled_from(sorted(CLAIMS)), max_size=1),
    st.fixed_dictionaries({}, optional=HEADERS) | st.just({}),
    st.sampled_from(["", "=", "==", "\n"]),
)
def test_what_opens_the_door_the_library_takes_for_a_token_too(
    changes: dict[str, Any], absent: set[str], header: dict[str, Any], after: str
):
    """Everything here is signed with the right key: what is judged is all the rest."""
    good = jwt.decode(GOOD, options={"verify_signature": False})
    claims = {name: value for name, value in {**good, **changes}.items() if name not in absent}
    text = f"{part({'alg': 'RS256', 'typ': 'at+jwt', 'kid': 'k1', **header})}.{part(claims)}"
    token = f"{text}.{part_of_bytes(SIGNING.sign(text.encode(), _KEY))}{after}"
    try:
        identity = verify(token, KEYS)
    except UnauthenticatedError:
        assert changes or absent or header or after
        return
    taken = jwt.decode(
        token,
        PUBLIC,
        algorithms=["RS256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": sorted(CLAIMS), "strict_aud": True},
    )
    assert (identity.customer_id, identity.session_id) == (taken["sub"], taken["sid"])
    assert identity.expires_at.timestamp() == taken["exp"]


@given(st.text(max_size=60))
def test_only_what_looks_like_a_key_is_looked_up(text: str):
    assert not is_key(text)
    assert is_key("hk_" + "a" * 43)
    assert not is_key("hk_" + "a" * 43 + "\n")


@given(st.binary(min_size=20, max_size=20), st.text(max_size=64))
def test_any_text_is_a_code_or_none(secret: bytes, text: str):
    factor = SecondFactor(secret, 0, confirmed=True)
    step = accepted_step(factor, text, EPOCH)
    assert step is None or len(text) == 6
    assert len(recovery_hash(text)) == 32
