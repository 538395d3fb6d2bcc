"""What customers send and get stands in no log, no answer to an error, no dead letter.

What a customer did here is looked for when the platform of all tests has ended (conftest.py).
"""

import json
import sqlite3
import time
from base64 import b32decode
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from hub.domain.identity.second_factor import code_at
from tests.e2e.leaks import PATTERNS, leaks
from tests.e2e.platforms import PASSWORD, Answer, Platform, ask

EMAIL, NAME = "canary.bird@mine.example", "Kanarie Vogelkooi"
FIRST, SECOND = "a canary sings in the mine", "another canary sings below"
PLANTED = {
    "a token": "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln",
    "a key": "hk_" + "k" * 43,
    "a password's hash": "$argon2id$v=19$m=19456",
    "an address": "customer-1@hub.example",
    "the password": PASSWORD,
    "a private key": "-----BEGIN PRIVATE KEY-----",
}


@pytest.mark.parametrize("place", ["said", "valkey.log", "logs/Login.log", "dead letter"])
def test_what_is_planted_is_found(tmp_path: Path, place: str):
    state, output = tmp_path / "state", tmp_path / "said"
    (state / "logs").mkdir(parents=True)
    for file in (output, state / "valkey.log", state / "logs" / "Login.log"):
        file.write_text("nothing\n")
    (state / "machines.sqlite").touch()
    with closing(sqlite3.connect(state / "queues.sqlite")) as journal, journal:
        journal.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, fixed TEXT, state TEXT)")
        alive = (1, PLANTED["an address"], '["hub-local-notices"]')
        journal.execute("INSERT INTO rows VALUES (?, ?, ?)", alive)
        if place == "dead letter":
            dead = (2, " ".join(PLANTED.values()), '["hub-local-orders-dlq"]')
            journal.execute("INSERT INTO rows VALUES (?, ?, ?)", dead)
    if place == "said":
        output.write_text("\n".join(PLANTED.values()))
    elif place != "dead letter":
        (state / place).write_text("\n".join(PLANTED.values()))

    found = [each.partition(": ")[2] for each in leaks(state, output, ["a canary"])]
    assert sorted(found) == sorted(PATTERNS)


class Canary:
    """A customer who remembers all that nobody else may know."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.token = ""
        self.refusals: list[Answer] = []
        self.knows(EMAIL, "Vogelkooi", FIRST, SECOND)

    def knows(self, *secrets: str) -> None:
        self._platform.canaries |= set(secrets)

    def ask(self, path: str, body: Any = None, *, refused: bool = False, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer = ask(self._platform.api_port, "POST", path, body, headers)
        assert (answer.status >= 400) is refused, answer
        if refused:
            self.refusals.append(answer)
        return answer.body


@pytest.fixture
def canary(platform: Platform) -> Canary:
    return Canary(platform)


def test_what_a_customer_sends_and_gets_is_nowhere(platform: Platform, canary: Canary):
    account = canary.ask("/auth/register", {"email": EMAIL, "password": FIRST, "name": NAME})
    login = {"email": EMAIL, "password": FIRST}
    canary.ask("/auth/login", {**login, "password": SECOND}, refused=True)
    canary.ask("/auth/login", {**login, "pasword": SECOND}, refused=True)
    pair = canary.ask("/auth/login", login)
    canary.token = pair["access_token"]
    canary.knows(pair["access_token"], pair["refresh_token"])
    canary.ask("/auth/request_email_verification", {})
    canary.ask("/auth/request_password_reset", {"email": EMAIL})
    canary.ask("/auth/reset_password", {"token": FIRST, "password": SECOND}, refused=True)
    made = canary.ask(
        f"/accounts/{account['account_id']}/keys", {"name": "robot", "scope": "trade"}
    )
    canary.knows(made["key"], made["key"][3:])
    order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": FIRST}
    canary.ask("/orders", order, refused=True, token=made["key"])
    canary.ask("/orders", order, refused=True, token=made["key"] + FIRST)
    _at_the_stream(platform, made["key"])
    secret = canary.ask("/auth/totp", {})["secret"]
    canary.knows(secret)
    canary.ask("/auth/totp/confirm", {"code": SECOND}, refused=True)
    code = code_at(b32decode(secret), int(time.time()) // 30)
    canary.knows(*canary.ask("/auth/totp/confirm", {"code": code})["recovery_codes"])
    change = {"current_password": SECOND, "new_password": FIRST}
    canary.ask("/auth/change_password", change, refused=True)
    fresh = canary.ask("/auth/refresh_token", {"refresh_token": pair["refresh_token"]})
    canary.knows(fresh["access_token"], fresh["refresh_token"])
    canary.ask("/auth/refresh_token", {"refresh_token": pair["refresh_token"]}, refused=True)

    said = json.dumps(canary.refusals)
    assert [each for each in platform.canaries if each in said] == []
    assert "refresh token used twice" in (platform.folder / "logs/RefreshToken.log").read_text()


def _at_the_stream(platform: Platform, key: str) -> None:
    """Known, and unknown by a letter."""
    with connect(f"ws://127.0.0.1:{platform.stream_port}/stream") as stream:
        stream.send(json.dumps({"action": "auth", "token": key, "password": FIRST}))
        assert json.loads(stream.recv(60))["type"] == "authenticated"
    with connect(f"ws://127.0.0.1:{platform.stream_port}/stream") as stream:
        stream.send(json.dumps({"action": "auth", "token": key[:-1] + "!"}))
        assert key[3:-1] not in str(stream.recv(60))
