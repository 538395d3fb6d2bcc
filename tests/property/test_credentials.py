"""Whatever is presented at the door: an identity, or a refusal, and never a defect."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from json import dumps
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.adapters.tokens import RsaTokens, SigningKey, verify
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
GOOD = TOKENS.issue(CustomerId("customer"), "session", "customer", datetime.now(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


class NoKeys:
    """Keys of nobody."""

    def use(self, _token_hash: bytes, _at: datetime) -> UsedKey | None:
        return None


DOOR = authorizer(Authorize(TOKENS, NoKeys(), MovedClock()))  # type: ignore[arg-type]  # asked for nothing else


def part(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value)
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def refused(credential: str) -> None:
    event = {"authorizationToken": f"Bearer {credential}", "methodArn": ARN}
    with pytest.raises(Unauthorized):
        DOOR(event, None)


@settings(max_examples=2000)
@given(st.text(max_size=300))
def test_no_text_opens_the_door(text: str):
    refused(text)


@settings(max_examples=1000)
@given(JSON, JSON, st.text(max_size=100))
def test_no_json_in_the_form_of_a_token_opens_it(header: Any, payload: Any, signature: str):
    refused(f"{part(header)}.{part(payload)}.{part(signature)}")


@settings(max_examples=1000)
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
def test_a_token_with_another_letter_is_refused_or_says_the_same(place: int, letter: str):
    """The last letter of a part has bits that no byte has: those may differ."""
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    try:
        identity = verify(changed, KEYS)
    except UnauthenticatedError:
        return
    assert identity == verify(GOOD, KEYS)


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
