"""API keys: shown once, good for one account and one scope, taken wherever a token is."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.identity import authorize
from hub.domain.identity.api_keys import MOST_KEYS
from hub.domain.kernel import AccountId, CustomerId
from hub.entrypoints.authorizer import Unauthorized
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

DAY = 86_400
ARN = "arn:aws:execute-api:us-east-1:000000000000:hub/local/GET/api/v1/auth/me"


@pytest.fixture
def ada(front: Front) -> Customer:
    return front.world.customer("1000")


def create(front: Front, customer: Customer, **changes: Any) -> Answer:
    body = {"name": "robot", "scope": "trade", **changes}
    return front.call("identity.create_api_key", customer, path=of(customer), body=body)


def of(customer: Customer, **more: str) -> dict[str, str]:
    return {"account_id": customer.account_id, **more}


def authorized(text: str) -> dict[str, Any]:
    """What the gateway hands on when this credential is presented."""
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {text}", "methodArn": ARN}
    context: dict[str, Any] = authorize.handler(event, SimpleNamespace())["context"]
    return context


def with_key(text: str) -> Customer:
    """A caller whom the authorizer has let in with a key."""
    context = authorized(text)
    caller = Customer(context["sub"], context["account"], context["sid"])
    caller.scope, caller.key_account = context["scope"], context["account"]
    return caller


def deposit(front: Front, caller: Customer, account_id: str) -> tuple[int, str]:
    answer = front.call(
        "accounts.deposit_cash",
        caller,
        path={"account_id": account_id},
        body={"amount": "1.00"},
    )
    return answer.status, answer.body.get("code", "")


def test_a_key_is_shown_once_and_stored_as_a_hash(front: Front, ada: Customer):
    made = create(front, ada)
    assert made.status == 201
    text = made.body["key"]
    assert text.startswith("hk_")
    assert len(text) == 46
    listed = front.call("identity.list_api_keys", ada, path=of(ada))
    assert text not in listed.text
    assert listed.body["keys"] == [
        {
            "key_id": made.body["key_id"],
            "name": "robot",
            "scope": "trade",
            "created_at": made.body["created_at"],
            "expires_at": made.body["expires_at"],
            "used_at": None,
        }
    ]
    rows = str(front.world.sql("SELECT * FROM api_keys"))
    assert text not in rows
    assert text[3:] not in rows


def test_a_key_acts_for_its_account_and_is_seen_to_be_used(front: Front, ada: Customer):
    front.world.clock.advance(5)
    robot = with_key(create(front, ada).body["key"])
    assert (robot.customer_id, robot.key_account) == (ada.customer_id, ada.account_id)
    assert deposit(front, robot, ada.account_id)[0] == 201
    assert front.call("identity.get_me", robot).body["scope"] == "trade"
    (key,) = front.call("identity.list_api_keys", ada, path=of(ada)).body["keys"]
    assert key["used_at"] == "2026-01-05T12:00:05Z"


def test_a_key_that_reads_changes_nothing(front: Front, ada: Customer):
    robot = with_key(create(front, ada, scope="read").body["key"])
    assert front.call("accounts.get_balance", robot, path=of(ada)).status == 200
    before = front.world.contents()
    assert deposit(front, robot, ada.account_id) == (403, "scope")
    assert front.world.contents() == before


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("identity.create_api_key", {"name": "another", "scope": "trade"}),
        ("identity.list_api_keys", None),
        ("identity.logout_all", None),
        ("identity.list_sessions", None),
        ("identity.change_password", {"current_password": "a", "new_password": "b"}),
    ],
)
def test_a_key_does_nothing_that_wants_a_log_in(front: Front, ada: Customer, name: str, body: Any):
    robot = with_key(create(front, ada).body["key"])
    path = of(ada) if "api_key" in name else None
    answer = front.call(name, robot, body=body, path=path)
    assert (answer.status, answer.body["code"]) == (403, "scope")


def test_a_key_knows_no_account_but_its_own(front: Front, ada: Customer):
    """As if the customer had another account, which they cannot open yet."""
    other = "01900000-0000-7000-8000-00000000aaaa"
    robot = with_key(create(front, ada).body["key"])
    owners = front.world.customer()
    for account_id in (other, owners.account_id):
        assert deposit(front, robot, account_id) == (404, "not_found")
    query = {"account_id": other}
    assert front.call("accounts.list_positions", robot, query=query).status == 404
    front.world.quote("AAPL", "100", "100")
    order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
    foreign = front.call("orders.submit_order", robot, body={**order, "account_id": other})
    assert foreign.status == 404
    taken = front.call("orders.submit_order", robot, body=order)
    assert (taken.status, taken.body["account_id"]) == (202, ada.account_id)


def test_a_revoked_key_is_refused_at_the_door_and_by_what_changes_anything(
    front: Front, ada: Customer
):
    made = create(front, ada).body
    robot = with_key(made["key"])
    front.world.clock.advance(1)
    path = of(ada, key_id=made["key_id"])
    revoked = front.call("identity.revoke_api_key", ada, path=path)
    assert (revoked.status, revoked.body) == (200, {"key_id": made["key_id"]})
    with pytest.raises(Unauthorized):
        authorized(made["key"])
    assert deposit(front, robot, ada.account_id) == (401, "session_ended")
    assert front.call("identity.list_api_keys", ada, path=of(ada)).body == {"keys": []}
    front.world.clock.advance(1)
    assert front.call("identity.revoke_api_key", ada, path=path).status == 404


def test_a_key_expires(front: Front, ada: Customer):
    text = create(front, ada, days=1).body["key"]
    robot = with_key(text)
    front.world.clock.advance(DAY)
    with pytest.raises(Unauthorized):
        authorized(text)
    answer = front.call("accounts.list_accounts", robot)
    assert answer.status == 200, "the gateway asked the authorizer a moment ago"
    assert deposit(front, robot, ada.account_id) == (401, "session_ended")


@pytest.mark.parametrize("change", ["", "x", "short", "long", "case", "jwt", "prefix"])
def test_what_is_nearly_a_key_opens_nothing(front: Front, ada: Customer, change: str):
    text = create(front, ada).body["key"]
    wrong = {
        "": "",
        "x": text[:-1] + ("x" if text[-1] != "x" else "y"),
        "short": text[:-1],
        "long": text + "x",
        "case": text.swapcase(),
        "jwt": text.replace("hk_", "hk."),
        "prefix": text[3:],
    }[change]
    with pytest.raises(Unauthorized):
        authorized(wrong)


def test_an_account_has_so_many_keys_and_no_more(front: Front, ada: Customer):
    keys = [create(front, ada).body["key_id"] for _ in range(MOST_KEYS)]
    refused = create(front, ada)
    assert (refused.status, refused.body["code"]) == (422, "too_many_keys")
    front.call("identity.revoke_api_key", ada, path=of(ada, key_id=keys[0]))
    assert create(front, ada).status == 201


def test_a_foreign_account_has_no_keys_to_make_see_or_revoke(front: Front, ada: Customer):
    eve = front.world.customer()
    made = create(front, ada).body
    missing = Customer(CustomerId(""), AccountId("01900000-0000-7000-8000-00000000aaaa"))
    before = front.world.contents()
    for name, body, more in (
        ("identity.create_api_key", {"name": "robot", "scope": "trade"}, {}),
        ("identity.list_api_keys", None, {}),
        ("identity.revoke_api_key", None, {"key_id": made["key_id"]}),
    ):
        foreign = front.call(name, eve, path=of(ada, **more), body=body)
        absent = front.call(name, eve, path=of(missing, **more), body=body)
        assert foreign.status == 404
        assert foreign == absent
    assert front.world.contents() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": "customer"}, "scope"),
        ({"scope": "admin"}, "scope"),
        ({"scope": None}, "scope"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"days": "9"}, "days"),
        ({"days": True}, "days"),
        ({"key": "mine"}, "key"),
    ],
)
def test_a_key_is_asked_for_by_its_rules(
    front: Front, ada: Customer, changes: dict[str, Any], field: str
):
    answer = create(front, ada, **changes)
    assert (answer.status, {name for name, _ in answer.faults}) == (400, {field})


def test_a_key_whose_making_was_answered_into_the_void_is_made_once(front: Front, ada: Customer):
    hub = front.world.hub
    once = hub.database.rows

    def twice(sql: str, parameters: Any = None) -> Any:
        once(sql, parameters)
        return once(sql, parameters)

    hub.database.rows = twice  # type: ignore[method-assign]  # a connection that breaks
    made = create(front, ada)
    hub.database.rows = once  # type: ignore[method-assign]  # and one that holds
    assert made.status == 201
    assert len(front.call("identity.list_api_keys", ada, path=of(ada)).body["keys"]) == 1


def test_of_the_keys_that_something_is_open_by_the_live_ones_are_told(front: Front, ada: Customer):
    kept, revoked = (create(front, ada).body["key_id"] for _ in range(2))
    short = create(front, ada, days=1).body["key_id"]
    front.call("identity.revoke_api_key", ada, path=of(ada, key_id=revoked))
    front.world.clock.advance(DAY)
    wanted = {kept, revoked, short, "01900000-0000-7000-8000-00000000ffff"}
    assert front.world.hub.find_live_keys(wanted) == {kept}
    assert front.world.hub.find_live_keys(()) == frozenset()
