"""A person sees what is kept of them, and is forgotten on their word; the books stay."""

from typing import Any

import pytest

from hub.adapters.postgres.tables import metadata
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

EMAIL, PASSWORD, NAME = "canary.bird@example.com", "four words make one", "Canary Bird"
ADDRESS, AGENT = "127.0.0.1", "a canary of a browser"
PHONE = "+5511987654321"


@pytest.fixture
def ada(front: Front) -> Customer:
    body = {"email": EMAIL, "password": PASSWORD, "name": NAME}
    made = front.call("identity.register", body=body).body
    ada = front.world.at_the_door(made["user_id"], made["account_id"], AGENT)
    front.world.deposit(ada, "1000")
    path = {"account_id": ada.account_id}
    key = {"name": "canary's robot", "scope": "read"}
    assert front.call("identity.create_api_key", ada, path=path, body=key).status == 201
    assert front.call("identity.begin_totp", ada).status == 201
    name = {"name": "the canary's own"}
    assert front.call("accounts.rename_account", ada, path=path, body=name).status == 200
    preferences = {"time_zone": "America/Sao_Paulo", "phone": PHONE}
    chosen = front.call("notifications.replace_notification_preferences", ada, body=preferences)
    assert chosen.status == 200
    watchlist = {"name": "canary's picks", "symbols": ["AAPL"]}
    assert front.call("watchlists.create_watchlist", ada, body=watchlist).status == 201
    return ada


def erase(front: Front, customer: Customer, **body: Any) -> Answer:
    return front.call("identity.erase_me", customer, body={"password": PASSWORD, **body})


def test_a_person_sees_what_is_kept_of_them(front: Front, ada: Customer):
    answer = front.call("identity.export_me", ada)
    assert answer.status == 200
    assert {name: answer.body[name] for name in ("user_id", "email", "name")} == {
        "user_id": ada.customer_id,
        "email": EMAIL,
        "name": NAME,
    }
    (session,) = answer.body["sessions"]
    assert (session["address"], session["agent"]) == (ADDRESS, AGENT)
    assert "known:" not in answer.text
    assert [each["name"] for each in answer.body["watchlists"]] == ["canary's picks"]
    assert answer.body["notifications"]["phone"] == PHONE


def test_who_is_erased_is_nowhere_and_the_books_stay(front: Front, ada: Customer):
    world = front.world
    books = ("balances", "ledger_entries", "account_events", "audit_events")
    before = world.contents()

    assert erase(front, ada).status == 200

    after = world.contents()
    assert {name: after[name] for name in books} == {name: before[name] for name in books}
    for table in metadata.tables:
        text = str(world.sql(f"SELECT * FROM {table}"))
        for kept in (EMAIL, NAME, "canary", PASSWORD, ADDRESS, PHONE):
            assert kept not in text, table
    assert world.sql("SELECT name FROM accounts") == [("erased",)]
    for table in ("second_factors", "recovery_codes", "one_time_tokens", "watchlist_items"):
        assert world.sql(f"SELECT count(*) FROM {table}") == [(0,)]


def test_who_is_erased_gets_in_no_more_and_the_address_is_free(front: Front, ada: Customer):
    erase(front, ada)
    path = {"account_id": ada.account_id}
    deposit = front.call("accounts.deposit_cash", ada, path=path, body={"amount": "1.00"})
    assert (deposit.status, deposit.body["code"]) == (401, "session_ended")
    for email in (EMAIL, f"{ada.customer_id}@erased.invalid"):
        for password in (PASSWORD, "!", ""):
            body = {"email": email, "password": password}
            assert front.call("identity.login", body=body).status == 401
    body = {"email": EMAIL, "password": PASSWORD, "name": NAME}
    assert front.call("identity.register", body=body).status == 201


def test_nobody_is_erased_without_their_password(front: Front, ada: Customer):
    before = front.world.contents()
    refused = erase(front, ada, password="not this one")
    assert (refused.status, refused.body["code"]) == (403, "wrong_password")
    assert front.world.contents() == before
