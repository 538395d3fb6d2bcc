"""The cache over HTTP: looked at, emptied and filled by administrators, and by nobody else."""

import psycopg
import pytest

from tests.fixtures.requests import REQUEST_ID, Front
from tests.fixtures.worlds import Customer

AAPL = {"symbol": "AAPL"}
ALL = ["get_cache", "drop_cache", "warm_cache"]


@pytest.fixture
def admin(front: Front) -> Customer:
    customer = front.world.customer()
    customer.scope = "customer admin"
    return customer


def counts(front: Front, admin: Customer) -> dict[str, int]:
    body = front.call("market.get_cache", admin).body
    found = {each["name"]: each["entries"] for each in body["families"] if each["entries"]}
    assert body["entries"] == sum(found.values())
    return found


def recorded(front: Front) -> list[tuple[object, ...]]:
    return front.world.sql(
        "SELECT user_id::text, action, detail, trace_id, at FROM admin_actions ORDER BY action_id"
    )


@pytest.mark.parametrize("name", ALL)
def test_the_cache_is_for_administrators_alone(front: Front, name: str):
    me = front.world.customer()
    before = front.world.contents()
    refused = front.call(f"market.{name}", me)
    assert (refused.status, refused.body["code"]) == (403, "scope")
    assert front.call(f"market.{name}", None).status == 401
    assert front.world.contents() == before


def test_what_is_held_is_counted_by_kind_and_age(front: Front, admin: Customer):
    assert counts(front, admin) == {}
    front.call("market.list_bars", admin, path=AAPL)
    front.world.pass_time(60)
    front.call("market.list_bars", admin, path={"symbol": "IBM"})
    families = front.call("market.get_cache", admin).body["families"]
    assert [each for each in families if each["name"] == "bars"] == [
        {"name": "bars", "entries": 4, "youngest_seconds": 0.0, "oldest_seconds": 60.0}
    ]
    assert recorded(front) == []


def test_a_symbol_s_entries_are_dropped_and_the_rest_stays(front: Front, admin: Customer):
    front.call("market.warm_cache", admin)
    before = counts(front, admin)
    answer = front.call("market.drop_cache", admin, query={"symbols": "AAPL,IBM"})
    assert (answer.status, answer.body) == (200, {"dropped": 1 + 2 * 2 + 2})
    assert counts(front, admin) == {
        "sessions": before["sessions"],
        "bars": before["bars"] - 4,
        "actions": before["actions"] - 2,
    }


def test_without_symbols_everything_is_dropped(front: Front, admin: Customer):
    front.call("market.warm_cache", admin)
    assert front.call("market.drop_cache", admin).body == {"dropped": 20}
    assert counts(front, admin) == {}


def test_the_cache_is_filled_of_a_symbol_or_of_all(front: Front, admin: Customer):
    answer = front.call("market.warm_cache", admin, query={"symbols": "MSFT"})
    assert (answer.status, answer.body) == (200, {"stored": 1 + 4 + 3})
    assert counts(front, admin) == {"instruments": 1, "sessions": 4, "bars": 2, "actions": 1}
    assert front.call("market.warm_cache", admin).body == {"stored": 20}


def test_what_was_asked_for_is_on_record_for_good(front: Front, admin: Customer):
    world = front.world
    front.call("market.warm_cache", admin, query={"symbols": "MSFT"})
    front.call("market.drop_cache", admin)
    assert recorded(front) == [
        (admin.customer_id, "warm_cache", {"symbols": ["MSFT"]}, REQUEST_ID, world.clock.now()),
        (admin.customer_id, "drop_cache", {"symbols": []}, REQUEST_ID, world.clock.now()),
    ]
    for url in world.urls:
        for change in ("UPDATE admin_actions SET action = 'x'", "DELETE FROM admin_actions"):
            with (
                psycopg.connect(url) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(change.encode())


@pytest.mark.parametrize("name", ["drop_cache", "warm_cache"])
def test_a_symbol_that_is_not_traded_changes_nothing(front: Front, admin: Customer, name: str):
    front.call("market.list_bars", admin, path=AAPL)
    before = counts(front, admin)
    answer = front.call(f"market.{name}", admin, query={"symbols": "AAPL,ZZZZ"})
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert counts(front, admin) == before
    assert recorded(front) == []
