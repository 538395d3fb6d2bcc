"""Sessions: renewed by tokens that work once, shown to their customer, ended at once."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from hub.adapters.tokens import RsaTokens, signing_key_from
from local.keys import token_keys
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

PASSWORD = "four words make one"
NEW_PASSWORD = "five other words make two"
DAY = 86_400
ENDED = (401, "session_ended")


@pytest.fixture
def front(front: Front, tmp_path: Path) -> Front:
    keys = token_keys(tmp_path / "keys.json")
    signing = signing_key_from(keys.signing)
    front.world.hub.tokens = RsaTokens(json.loads(keys.verifying), lambda: signing)
    return front


@pytest.fixture
def ada(front: Front) -> Customer:
    return logged_in(front, registered(front))


def registered(front: Front, email: str = "ada@example.com") -> dict[str, Any]:
    body = {"email": email, "password": PASSWORD, "name": "Ada"}
    made: dict[str, Any] = front.call("identity.register", body=body).body
    return made


def log_in(front: Front, email: str = "ada@example.com", password: str = PASSWORD) -> Answer:
    body = {"email": email, "password": password}
    return front.call("identity.login", body=body, headers={"User-Agent": "a browser\x1b"})


def logged_in(front: Front, made: dict[str, Any]) -> Customer:
    """The customer with the session of a new log-in."""
    pair = log_in(front, made["email"]).body
    customer = Customer(made["user_id"], made["account_id"], sid_of(pair))
    customer.refresh_token = pair["refresh_token"]  # type: ignore[attr-defined]  # of this file
    return customer


def sid_of(pair: dict[str, Any]) -> str:
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    return str(claims["sid"])


def refresh(front: Front, token: str) -> Answer:
    return front.call("identity.refresh_token", body={"refresh_token": token})


def deposit(front: Front, customer: Customer) -> tuple[int, str]:
    answer = front.call(
        "accounts.deposit_cash",
        customer,
        path={"account_id": customer.account_id},
        body={"amount": "1.00"},
    )
    return answer.status, answer.body.get("code", "")


def token_of(customer: Customer) -> str:
    return str(customer.refresh_token)  # type: ignore[attr-defined]  # set by logged_in


def test_a_refresh_token_gives_the_next_pair_of_the_same_session(front: Front, ada: Customer):
    first = refresh(front, token_of(ada))
    assert (first.status, sid_of(first.body)) == (200, ada.session_id)
    second = refresh(front, first.body["refresh_token"])
    assert (second.status, sid_of(second.body)) == (200, ada.session_id)
    assert len({token_of(ada), first.body["refresh_token"], second.body["refresh_token"]}) == 3


def test_a_used_refresh_token_ends_its_session_and_no_other(front: Front, ada: Customer):
    other = log_in(front).body
    stolen = token_of(ada)
    mine = refresh(front, stolen).body["refresh_token"]

    again = refresh(front, stolen)
    assert (again.status, again.body["code"]) == (401, "bad_refresh_token")
    assert refresh(front, mine).status == 401
    assert deposit(front, ada) == ENDED
    assert refresh(front, other["refresh_token"]).status == 200
    endings = front.world.sql("SELECT ending FROM login_sessions WHERE ended_at IS NOT NULL")
    assert endings == [("token_reused",)]


def test_every_bad_refresh_token_gets_the_same_answer(front: Front, ada: Customer):
    used, unknown = token_of(ada), "x" * 43
    refresh(front, used)
    answers = {answer.text for answer in (refresh(front, used), refresh(front, unknown))}
    assert len(answers) == 1


def test_a_rotation_whose_answer_was_lost_is_the_same_rotation(front: Front, ada: Customer):
    """The database runs a statement again when its connection broke after it."""
    hub = front.world.hub
    once = hub.database.rows

    def twice(sql: str, parameters: Any = None) -> Any:
        once(sql, parameters)
        return once(sql, parameters)

    hub.database.rows = twice  # type: ignore[method-assign]  # a connection that breaks
    pair = refresh(front, token_of(ada))
    hub.database.rows = once  # type: ignore[method-assign]  # and one that holds
    assert pair.status == 200
    assert refresh(front, pair.body["refresh_token"]).status == 200


@pytest.mark.parametrize(("days", "status"), [(6.9, 200), (7.1, 401)])
def test_a_session_ends_when_it_is_idle_for_a_week(
    front: Front, ada: Customer, days: float, status: int
):
    front.world.clock.advance(days * DAY)
    assert refresh(front, token_of(ada)).status == status


def test_a_session_ends_after_a_month_however_busy_it_is(front: Front, ada: Customer):
    token = token_of(ada)
    for _ in range(5):
        front.world.clock.advance(5.9 * DAY)
        token = refresh(front, token).body["refresh_token"]
    front.world.clock.advance(0.6 * DAY)
    assert refresh(front, token).status == 401
    assert deposit(front, ada) == ENDED


def test_logging_out_ends_the_session_at_once(front: Front, ada: Customer):
    assert deposit(front, ada)[0] == 201
    answer = front.call("identity.logout", ada)
    assert (answer.status, answer.body) == (200, {"session_id": ada.session_id})
    assert deposit(front, ada) == ENDED
    assert refresh(front, token_of(ada)).status == 401
    assert front.call("identity.logout", ada).status == 401


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("orders.submit_order", {"symbol": "AAPL"}),
        ("orders.cancel_order", None),
        ("identity.change_password", {}),
        ("identity.logout_all", None),
    ],
)
def test_what_changes_anything_looks_at_the_session(
    front: Front, ada: Customer, name: str, body: Any
):
    front.call("identity.logout", ada)
    before = front.world.contents()
    path = {"order_id": ada.account_id} if name.endswith("cancel_order") else None
    answer = front.call(name, ada, body=body, path=path)
    assert (answer.status, answer.body["code"]) == ENDED
    assert front.world.contents() == before


def test_what_only_reads_goes_by_the_token_until_it_expires(front: Front, ada: Customer):
    front.call("identity.logout", ada)
    assert front.call("identity.get_me", ada).status == 200


def test_logging_out_everywhere_ends_every_session_of_the_customer_alone(
    front: Front, ada: Customer
):
    eve = logged_in(front, registered(front, "eve@example.com"))
    log_in(front)
    answer = front.call("identity.logout_all", ada)
    assert answer.body == {"ended_sessions": 2}
    assert deposit(front, ada) == ENDED
    assert deposit(front, eve)[0] == 201


def test_a_customer_sees_their_live_sessions_and_which_one_asks(front: Front, ada: Customer):
    registered(front, "eve@example.com")
    log_in(front, "eve@example.com")
    front.world.clock.advance(60)
    other = sid_of(log_in(front).body)
    front.world.clock.advance(60)
    refresh(front, token_of(ada))

    sessions = front.call("identity.list_sessions", ada).body["sessions"]

    assert [(each["session_id"], each["current"]) for each in sessions] == [
        (ada.session_id, True),
        (other, False),
    ]
    assert sessions[0]["agent"] == "a browser"
    assert sessions[0]["address"] == "127.0.0.1"
    assert sessions[0]["used_at"] > sessions[1]["used_at"] > sessions[0]["created_at"]
    front.call("identity.end_session", ada, path={"session_id": other})
    listed = front.call("identity.list_sessions", ada).body["sessions"]
    assert [each["session_id"] for each in listed] == [ada.session_id]


def test_one_session_is_ended_from_another(front: Front, ada: Customer):
    phone = log_in(front).body
    path = {"session_id": sid_of(phone)}
    assert front.call("identity.end_session", ada, path=path).body == path
    assert refresh(front, phone["refresh_token"]).status == 401
    assert deposit(front, ada)[0] == 201
    front.world.clock.advance(1)
    again = front.call("identity.end_session", ada, path=path)
    assert (again.status, again.body["code"]) == (404, "not_found")


def test_a_session_of_another_customer_is_not_there(front: Front, ada: Customer):
    eve = logged_in(front, registered(front, "eve@example.com"))
    before = front.world.contents()
    missing = front.call("identity.end_session", ada, path={"session_id": ada.account_id})
    foreign = front.call("identity.end_session", ada, path={"session_id": eve.session_id})
    assert missing.status == 404
    assert foreign == missing
    assert front.world.contents() == before


def test_another_password_ends_the_other_sessions(front: Front, ada: Customer):
    other = log_in(front).body
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    answer = front.call("identity.change_password", ada, body=body)
    assert (answer.status, answer.body) == (200, {"ended_sessions": 1})
    assert refresh(front, other["refresh_token"]).status == 401
    assert deposit(front, ada)[0] == 201
    assert log_in(front).status == 401
    assert log_in(front, password=NEW_PASSWORD).status == 200


@pytest.mark.parametrize(
    ("current", "new", "status", "code", "faults"),
    [
        ("not this one", NEW_PASSWORD, 403, "wrong_password", set()),
        (PASSWORD, "seven77", 400, "invalid_input", {("new_password", "length")}),
        (PASSWORD, "ada@example.com", 400, "invalid_input", {("new_password", "context")}),
    ],
)
def test_a_password_is_changed_by_who_knows_it_to_one_that_is_good(
    *, front: Front, ada: Customer, current: str, new: str, status: int, code: str, faults: Any
):
    before = front.world.contents()
    body = {"current_password": current, "new_password": new}
    answer = front.call("identity.change_password", ada, body=body)
    assert (answer.status, answer.body["code"], answer.faults) == (status, code, faults)
    assert front.world.contents() == before


def test_a_password_that_was_changed_meanwhile_is_not_overwritten(front: Front, ada: Customer):
    hub = front.world.hub
    verify = hub.passwords.verify

    def overtaken(password: str, password_hash: str | None) -> bool:
        front.world.sql("UPDATE users SET password_hash = 'known:of another device'")
        return verify(password, password_hash)

    hub.passwords.verify = overtaken  # type: ignore[method-assign]  # another device is faster
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    answer = front.call("identity.change_password", ada, body=body)
    assert (answer.status, answer.body["code"]) == (409, "password_changed")
    assert front.world.sql("SELECT password_hash FROM users") == [("known:of another device",)]


def test_the_published_keys_verify_the_tokens(front: Front, ada: Customer):
    answer = front.call("identity.get_jwks")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.body["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    token = log_in(front).body["access_token"]
    claims = jwt.decode(
        token, jwt.PyJWK(key), algorithms=["RS256"], audience="hub", options={"verify_exp": False}
    )
    assert claims["sub"] == ada.customer_id
