"""Administrators: made by the owner of the database alone, and told apart in one place."""

import json
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest

from hub.adapters.postgres.admins import find_customer, set_admin
from hub.adapters.tokens import RsaTokens, signing_key_from
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Outgoing
from local.admin import admin
from local.keys import rotate, token_keys
from local.kms import FILE, write_master_keys
from local.services.errors import StartError
from tests.fixtures.requests import Front

EMAIL, PASSWORD = "ada@example.com", "four words make one"


class Told(Outgoing):
    customer_id: str


api = Api()


@api.get("/admin/told", scope="admin")
def told(caller: Caller) -> Told:
    return Told(customer_id=caller.customer_id)


handler = api.handler()


@pytest.fixture
def front(front: Front, tmp_path: Path) -> Front:
    keys = token_keys(tmp_path / "keys.json")
    signing = signing_key_from(keys.signing)
    front.world.hub.tokens = RsaTokens(json.loads(keys.verifying), lambda: signing)
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    assert front.call("identity.register", body=body).status == 201
    return front


def log_in(front: Front) -> dict[str, Any]:
    pair: dict[str, Any] = front.call(
        "identity.login", body={"email": EMAIL, "password": PASSWORD}
    ).body
    return pair


def scope_in(pair: dict[str, Any]) -> str:
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    return str(claims["scope"])


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("customer", 403),
        ("trade", 403),
        ("read", 403),
        ("", 403),
        ("administrator", 403),
        ("admin", 200),
        ("customer admin", 200),
    ],
)
def test_an_administrators_route_is_for_their_scope_alone(front: Front, scope: str, status: int):
    customer = front.world.customer()
    customer.scope = scope
    answer = front.answer(handler, api.route, customer)
    assert answer.status == status
    if status == 403:
        assert answer.body["code"] == "scope"


def test_who_is_made_an_administrator_has_the_scope_from_the_next_log_in_on(front: Front):
    before = log_in(front)
    assert scope_in(before) == "customer"
    customer_id = find_customer(front.world.urls.owner, front.world.index(EMAIL))
    assert customer_id is not None
    assert set_admin(front.world.urls.owner, customer_id, admin=True)
    old = front.call("identity.refresh_token", body={"refresh_token": before["refresh_token"]})
    assert old.status == 401
    after = log_in(front)
    assert scope_in(after) == "customer admin"
    renewed = front.call("identity.refresh_token", body={"refresh_token": after["refresh_token"]})
    assert scope_in(renewed.body) == "customer admin"
    assert set_admin(front.world.urls.owner, customer_id, admin=False)
    assert scope_in(log_in(front)) == "customer"


def test_nobody_who_is_not_registered_becomes_one(front: Front):
    assert find_customer(front.world.urls.owner, front.world.index("eve@example.com")) is None
    assert not set_admin(front.world.urls.owner, front.world.ids.new(), admin=True)


INSERT = """
INSERT INTO users (user_id, email_index, email, name, key_master, password_hash, created_at, admin)
VALUES ('01900000-0000-7000-8000-00000000ffff', 'e', 'e', 'e', 'm', 'x', '2026-01-01', true)
"""


@pytest.mark.parametrize("statement", ["UPDATE users SET admin = true", INSERT])
def test_the_application_cannot_make_one(front: Front, statement: str):
    with (
        psycopg.connect(front.world.urls.app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_verb_grants_and_revokes(
    front: Front,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("DATABASE_URL", front.world.urls.app)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", front.world.urls.owner)
    monkeypatch.setenv("HUB_STATE", str(tmp_path))
    with pytest.raises(StartError, match="keys"):
        admin(["grant", EMAIL])
    write_master_keys(tmp_path / FILE, front.world.kms.masters)
    assert admin(["grant", "ADA@example.com"]) == 0
    assert front.world.sql("SELECT admin FROM users") == [(True,)]
    assert admin(["revoke", EMAIL]) == 0
    assert front.world.sql("SELECT admin FROM users") == [(False,)]
    assert admin(["grant", "eve@example.com"]) == 1
    assert "Nobody is registered" in capsys.readouterr().out
    with pytest.raises(StartError):
        admin(["grant"])


def test_a_rotated_key_signs_and_the_last_one_verifies(tmp_path: Path):
    file = tmp_path / "keys.json"
    kids = []
    for _ in range(3):
        keys = token_keys(file)
        kids.append((json.loads(keys.signing)["kid"], sorted(json.loads(keys.verifying))))
        rotate(file)
    assert kids == [
        ("local-1", ["local-1"]),
        ("local-2", ["local-1", "local-2"]),
        ("local-3", ["local-2", "local-3"]),
    ]
    assert file.stat().st_mode & 0o077 == 0
