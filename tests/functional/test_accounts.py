"""Accounts over HTTP: opened, renamed, closed; cash out; what happened in them."""

from decimal import Decimal
from typing import Any

import pytest

from hub.application.accounts.open_account import MOST_ACCOUNTS
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer, World


def opened(front: Front, me: Customer, name: str = "Second", key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key} if key else None
    return front.call("accounts.open_account", me, body={"name": name}, headers=headers)


def of(me: Customer, account_id: str) -> Customer:
    return Customer(me.customer_id, account_id, me.session_id)  # type: ignore[arg-type]  # as text


def call(front: Front, name: str, me: Customer, **more: Any) -> Answer:
    """A route of the customer's account."""
    return front.call(f"accounts.{name}", me, path={"account_id": me.account_id}, **more)


def withdraw(front: Front, me: Customer, amount: str, key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key} if key else None
    return call(front, "withdraw_cash", me, body={"amount": amount}, headers=headers)


def test_a_customer_opens_accounts_and_each_has_books_of_its_own(front: Front):
    me = front.world.customer("1000")
    answer = opened(front, me)
    assert (answer.status, answer.body["name"], answer.body["closed_at"]) == (201, "Second", None)
    second = of(me, answer.body["account_id"])
    front.world.deposit(second, "5")
    assert front.world.balance(me).total == 1000
    assert front.world.balance(second).total == 5
    listed = front.call("accounts.list_accounts", me).body["accounts"]
    assert [each["account_id"] for each in listed] == [me.account_id, second.account_id]
    assert call(front, "get_account", second).body == listed[1] == answer.body


def test_a_key_opens_one_account_and_another_name_conflicts(front: Front):
    me = front.world.customer()
    first, again = (opened(front, me, key="k") for _ in range(2))
    assert first.body == again.body
    other = opened(front, me, "Another", "k")
    assert (other.status, other.body["code"]) == (409, "key_reused")
    assert opened(front, front.world.customer(), key="k").body != first.body
    assert front.world.sql("SELECT count(*) FROM accounts") == [(4,)]


def test_accounts_are_counted_while_they_are_open(front: Front):
    me = front.world.customer()
    ids = [opened(front, me, f"A{n}").body["account_id"] for n in range(MOST_ACCOUNTS - 1)]
    before = front.world.contents()
    refused = opened(front, me)
    assert (refused.status, refused.body["code"]) == (422, "too_many_accounts")
    assert front.world.contents() == before
    assert call(front, "close_account", of(me, ids[0])).status == 200
    assert opened(front, me).status == 201


def test_a_list_of_accounts_comes_in_pages(front: Front):
    me = front.world.customer()
    for n in range(4):
        opened(front, me, f"A{n}")
    names, query = [], {"limit": "2"}
    while query:
        page = front.call("accounts.list_accounts", me, query=query).body
        names += [each["name"] for each in page["accounts"]]
        query = {"limit": "2", "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert names == ["Paper account", "A0", "A1", "A2", "A3"]


def test_an_account_is_renamed_on_record_and_once(front: Front):
    me = front.world.customer()
    for _ in range(2):
        answer = call(front, "rename_account", me, body={"name": "Rainy days"})
        assert (answer.status, answer.body["name"]) == (200, "Rainy days")
    events = front.world.sql("SELECT type FROM account_events ORDER BY sequence")
    assert events == [("AccountOpened",), ("AccountRenamed",)]


def test_only_an_empty_account_is_closed_and_all_that_is_in_the_way_is_named(front: Front):
    world, me = front.world, front.world.customer("1000")
    world.give(me, "1", "100")
    world.submit(me, "buy", "1", limit="90")
    before = world.contents()
    refused = call(front, "close_account", me)
    assert (refused.status, refused.body["code"]) == (422, "account_not_flat")
    assert refused.faults == {("orders", "open"), ("positions", "held"), ("cash", "left")}
    assert world.contents() == before


def test_a_closed_account_is_read_and_nothing_else(front: Front):
    world, me = front.world, front.world.customer("10")
    body = {"name": "robot", "scope": "trade"}
    key = front.call("identity.create_api_key", me, path={"account_id": me.account_id}, body=body)
    assert key.status == 201
    withdraw(front, me, "10.00")
    closed, again = (call(front, "close_account", me) for _ in range(2))
    assert closed.status == 200
    assert closed.body["closed_at"]
    assert again.body == closed.body

    world.quote("AAPL", "100", "100.02")
    order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
    before = world.contents()
    refusals = [
        call(front, "deposit_cash", me, body={"amount": "1.00"}),
        withdraw(front, me, "1.00"),
        call(front, "rename_account", me, body={"name": "x"}),
        front.call("orders.submit_order", me, body={**order, "account_id": me.account_id}),
    ]
    assert [(each.status, each.body["code"]) for each in refusals] == [(422, "account_closed")] * 4
    nameless = front.call("orders.submit_order", me, body=order)
    assert nameless.faults == {("account_id", "required")}
    new_key = front.call(
        "identity.create_api_key", me, path={"account_id": me.account_id}, body=body
    )
    assert new_key.status == 404
    assert world.contents() == before
    assert world.sql("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") == [(0,)]
    assert key.body["key_id"] not in call(front, "get_account", me).text
    kinds = [each["kind"] for each in call(front, "list_activities", me).body["activities"]]
    assert kinds == ["withdrawal", "deposit"]


def test_a_key_that_deposited_before_the_account_closed_is_answered_as_it_was(front: Front):
    me = front.world.customer()
    headers = {"Idempotency-Key": "k"}
    first = call(front, "deposit_cash", me, body={"amount": "1.00"}, headers=headers)
    withdraw(front, me, "1.00", "w")
    call(front, "close_account", me)
    again = call(front, "deposit_cash", me, body={"amount": "1.00"}, headers=headers)
    assert (again.status, again.body["deposit_id"]) == (201, first.body["deposit_id"])
    assert withdraw(front, me, "1.00", "w").status == 201
    assert front.world.balance(me).total == 0


def test_an_order_that_names_no_account_is_for_the_only_open_one(front: Front):
    world, me = front.world, front.world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
    second = opened(front, me).body["account_id"]
    refused = front.call("orders.submit_order", me, body=order)
    assert refused.faults == {("account_id", "required")}
    call(front, "close_account", of(me, second))
    assert front.call("orders.submit_order", me, body=order).status == 202


# Cash out


def test_settled_cash_is_withdrawn_once_per_key(front: Front):
    me = front.world.customer("100")
    first, again = (withdraw(front, me, "30.00", "k") for _ in range(2))
    assert (first.status, first.body["withdrawable"]) == (201, "70.00")
    assert again.body == first.body
    other = withdraw(front, me, "31.00", "k")
    assert (other.status, other.body["code"]) == (409, "key_reused")
    assert front.world.balance(me).settled == 70
    entries = front.world.sql(
        "SELECT ledger, amount FROM ledger_entries JOIN ledger_transactions USING (transaction_id)"
        " WHERE kind = 'withdrawal' ORDER BY ledger"
    )
    assert entries == [("deposits", Decimal(30)), ("settled", Decimal(-30))]


def test_neither_reserved_nor_unsettled_cash_is_withdrawn(front: Front):
    world, me = front.world, front.world.customer("1000")
    world.give(me, "4", "100")
    world.quote("AAPL", "100", "100")
    world.submit(me, "sell", "4", limit="100")
    assert world.process().failed == []
    world.submit(me, "buy", "5", limit="80")
    shown = call(front, "get_balance", me).body
    # 400 unsettled cover the reservation of 400, and 1000 of 1400 are settled.
    assert (shown["unsettled"], shown["reserved"], shown["withdrawable"]) == (
        "400.00",
        "400.00",
        "1000.00",
    )
    before = world.contents()
    refused = withdraw(front, me, "1000.01")
    assert (refused.status, refused.body["code"]) == (403, "insufficient_withdrawable_cash")
    assert (refused.body["available"], refused.body["required"]) == ("1000.00", "1000.01")
    assert world.contents() == before
    assert withdraw(front, me, "1000.00").status == 201
    assert world.balance(me).available == 0


# What happened


@pytest.fixture
def busy(world: World) -> Customer:
    """Two deposits, a buy and a sale with fees, a canceled order, a withdrawal."""
    world.sql(
        "INSERT INTO fee_schedule (market, kind, since, basis, rate, least, places, rounding)"
        " VALUES ('XNYS', 'commission', '2000-01-01', 'execution', 1.5, 0, 2, 'half_even')"
    )
    me = world.customer("1000")
    world.give(me, "2", "100")
    world.cancel(me, world.submit(me, "buy", "1", limit="90"))
    world.pass_time(60)
    world.quote("AAPL", "110", "110.02")
    world.submit(me, "sell", "1")
    assert world.process().failed == []
    front = Front(world)
    assert withdraw(front, me, "10.00").status == 201
    return me


def activities(front: Front, me: Customer, **query: str) -> list[dict[str, Any]]:
    """Every activity, in pages of two, or as the query says."""
    found: list[dict[str, Any]] = []
    query = {"limit": "2", **query}
    while True:
        page = call(front, "list_activities", me, query=query).body
        assert len(page["activities"]) <= int(query["limit"])
        found += page["activities"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_activities_tell_all_that_moved_and_add_up_to_the_cash(front: Front, busy: Customer):
    told = activities(front, busy)
    assert [(each["kind"], each["amount"]) for each in told] == [
        ("withdrawal", "-10.00"),
        ("fill", "110.00"),
        ("fee", "-1.50"),
        ("fill", "-200.00"),
        ("fee", "-1.50"),
        ("deposit", "200.00"),
        ("deposit", "1000.00"),
    ]
    amounts = [Decimal(each["amount"]) for each in told]
    assert sum(amounts) == front.world.balance(busy).total
    ids = [each["activity_id"] for each in told]
    assert len(set(ids)) == len(ids)
    assert [each["activity_id"] for each in activities(front, busy, limit="500")] == ids
    sale = told[1]["trade"]
    assert (sale["symbol"], sale["side"], sale["quantity"], sale["price"]) == (
        "AAPL",
        "sell",
        "1",
        "110.00",
    )
    assert sale["settlement_date"] == "2012-06-06"


def test_activities_are_filtered_by_kind_and_time(front: Front, busy: Customer):
    kinds = [each["kind"] for each in activities(front, busy, kinds="fee,withdrawal")]
    assert kinds == ["withdrawal", "fee", "fee"]
    late = front.world.clock.now().isoformat()
    assert [each["kind"] for each in activities(front, busy, after="2026-01-05T12:00:30Z")] == [
        "withdrawal",
        "fill",
        "fee",
    ]
    assert len(activities(front, busy, until="2026-01-05T12:00:30Z")) == 4
    assert activities(front, busy, after=late) == []
    refused = call(front, "list_activities", busy, query={"kinds": "gift"})
    assert refused.faults == {("kinds.0", "enum")}


def test_pages_of_activities_stand_still_while_new_ones_come(front: Front, busy: Customer):
    everything = [each["activity_id"] for each in activities(front, busy)]
    page = call(front, "list_activities", busy, query={"limit": "3"}).body
    front.world.deposit(busy, "1")
    rest = activities(front, busy, cursor=page["next_cursor"])
    seen = [each["activity_id"] for each in (*page["activities"], *rest)]
    assert seen == everything


@pytest.mark.parametrize("name", ["list_activities", "list_ledger"])
@pytest.mark.parametrize("cursor", ["W10", "WyJhIiwiYiJd", "WyJhIiwiYiIsImMiXQ", "x" * 200])
def test_a_cursor_of_nobodys_is_refused(front: Front, name: str, cursor: str):
    answer = call(front, name, front.world.customer(), query={"cursor": cursor})
    assert (answer.status, answer.faults) == (400, {("cursor", "cursor")})


def test_the_ledger_shows_both_sides_of_every_transaction(front: Front, busy: Customer):
    query, transactions = {"limit": "3"}, []
    while True:
        page = call(front, "list_ledger", busy, query=query).body
        transactions += page["transactions"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    stored = front.world.sql("SELECT count(*) FROM ledger_transactions")
    assert [(len(transactions),)] == stored
    for each in transactions:
        assert sum(Decimal(entry["amount"]) for entry in each["entries"]) == 0
    fees = call(front, "list_ledger", busy, query={"ledger": "fees"}).body["transactions"]
    assert [each["kind"] for each in fees] == ["execution", "execution"]


def test_a_customer_sees_no_activity_of_anothers(front: Front, busy: Customer):
    stranger = front.world.customer()
    cursor = call(front, "list_activities", busy, query={"limit": "1"}).body["next_cursor"]
    assert activities(front, stranger, cursor=cursor) == []
