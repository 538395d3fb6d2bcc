"""Nothing that opens anything, or names anybody, comes into a log or an answer to another."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from hub.adapters.tokens import RsaTokens, signing_key_from
from hub.entrypoints.logs import logger, scrubbed
from local.keys import token_keys
from tests.fixtures.requests import Front

EMAIL, PASSWORD = "canary.bird@example.com", "a canary sings in the mine"
NEW_PASSWORD = "another canary sings below"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
SECRET = "Gq0vYkWFmZ2pQYV0cK8y3gGq0vYkWFmZ2pQYV0cK8y3"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"Bearer {TOKEN}", TOKEN),
        (f"the token {SECRET} was used", SECRET),
        (f"hk_{SECRET}", SECRET),
        (f"Key (email)=({EMAIL}) already exists", "canary"),
        ("postgresql://hub:hunter2@db:5432/hub", "hunter2"),
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "aGFzaA"),
        ('{"password": "open sesame"}', "sesame"),
        ("{'password': 'open sesame'}", "sesame"),
        ("password=sesame", "sesame"),
        ("'refresh_token': 'short'", "short"),
        ("no text to +5511987654321 today", "987"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_line_is_scrubbed_of(text: str, gone: str):
    assert gone not in scrubbed(text)


@pytest.mark.parametrize(
    "text",
    [
        "request",
        "/api/v1/auth/refresh_token",
        "01900000-0000-7000-8000-000000000001",
        "refresh token used twice: session 01900000-0000-7000-8000-000000000005 ended",
        "attempts are counted in the database: ConnectionError",
        "2026-11-21 14:06:46,580+0000",
        "1-6b01a8e0-55dd7fcfd2362e5e24529c12",
    ],
)
def test_what_is_no_secret_stays(text: str):
    assert scrubbed(text) == text


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What is written where the functions write."""
    (handler,) = [each for each in logger.handlers if type(each) is logging.StreamHandler]
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_what_customers_send_and_get_comes_into_no_log(front: Front, tmp_path: Path, log: StringIO):
    keys = token_keys(tmp_path / "keys.json")
    signing = signing_key_from(keys.signing)
    front.world.hub.tokens = RsaTokens(json.loads(keys.verifying), lambda: signing)
    canaries = {EMAIL, "canary", PASSWORD, NEW_PASSWORD}

    made = front.call(
        "identity.register", body={"email": EMAIL, "password": PASSWORD, "name": "canary"}
    ).body
    ada = front.world.at_the_door(made["user_id"], made["account_id"])
    pair = front.call("identity.login", body={"email": EMAIL, "password": PASSWORD}).body
    canaries |= {pair["access_token"], pair["refresh_token"]}
    for _ in range(2):
        body = {"refresh_token": pair["refresh_token"]}
        front.call("identity.refresh_token", body=body)
    path = {"account_id": ada.account_id}
    key = front.call(
        "identity.create_api_key", ada, path=path, body={"name": "r", "scope": "read"}
    ).body["key"]
    canaries |= {key, key[3:]}
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    front.call("identity.change_password", ada, body=change)
    front.call("identity.login", body={"email": EMAIL, "password": NEW_PASSWORD + "?"})
    front.call("identity.request_password_reset", body={"email": EMAIL})

    def broken(*given: Any) -> None:
        raise RuntimeError(f"it broke while {given} was tried with {pair}")

    front.world.hub.login = broken  # type: ignore[assignment]  # a defect that tells everything
    answer = front.call("identity.login", body={"email": EMAIL, "password": PASSWORD})
    assert answer.status == 500
    assert not any(canary in answer.text for canary in canaries)

    lines = log.getvalue()
    assert "it broke while" in lines
    assert "refresh token used twice" in lines
    assert [canary for canary in canaries if canary in lines] == []
