"""What each endpoint answers when all is well, and what it hides from strangers."""

from base64 import urlsafe_b64encode
from decimal import Decimal
from typing import Any

import pytest

from hub.adapters.tokens import RsaTokens, signing_key_from
from local.keys import token_keys
from tests.fixtures.requests import Front
from tests.fixtures.worlds import CLOSED, Customer, World

LIMIT_BUY: dict[str, Any] = {
    "symbol": "AAPL",
    "side": "buy",
    "type": "limit",
    "quantity": "2",
    "limit_price": "100.00",
}


def registered(front: Front, email: str = "ada@example.com") -> Customer:
    body = {"email": email, "password": "four words make one", "name": "Ada"}
    answer = front.call("identity.register", body=body)
    assert answer.status == 201
    return front.world.at_the_door(answer.body["user_id"], answer.body["account_id"])


def funded(front: Front, cash: str = "1000") -> Customer:
    customer = front.world.customer(cash)
    front.world.quote("AAPL", "100", "100.02")
    return customer


def test_registering_opens_an_empty_paper_account(front: Front):
    body = {"email": " Ada@Example.COM", "password": "four words make one", "name": "Ada"}
    assert front.call("identity.register", body=body).status == 400
    body["email"] = "Ada@Example.COM"
    answer = front.call("identity.register", body=body)
    assert answer.status == 201
    assert (answer.body["email"], answer.body["name"]) == ("ada@example.com", "Ada")
    me = front.world.at_the_door(answer.body["user_id"], answer.body["account_id"])
    (account,) = front.call("accounts.list_accounts", me).body["accounts"]
    assert (account["account_id"], account["kind"]) == (me.account_id, "paper")
    path = {"account_id": me.account_id}
    assert front.call("accounts.get_balance", me, path=path).body == {
        "account_id": me.account_id,
        "currency": "USD",
        "available": "0.00",
        "reserved": "0.00",
        "settled": "0.00",
        "unsettled": "0.00",
        "total": "0.00",
        "withdrawable": "0.00",
    }
    seen = front.call("identity.get_me", me).body
    assert seen == {
        "user_id": me.customer_id,
        "email": "ada@example.com",
        "email_verified": False,
        "name": "Ada",
        "scope": "customer",
    }


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.com", "ａda@example.com"])  # noqa: RUF001  # a full-width a folds to a
def test_an_address_is_taken_in_every_spelling(front: Front, email: str):
    registered(front)
    before = front.world.contents()
    body = {"email": email, "password": "four words make one", "name": "Eve"}
    answer = front.call("identity.register", body=body)
    assert (answer.status, answer.body["code"]) == (409, "email_taken")
    assert answer.faults == {("email", "unique")}
    assert front.world.contents() == before


def test_a_password_is_exchanged_for_tokens_that_verify(front: Front, tmp_path):
    keys = token_keys(tmp_path / "keys.json")
    signing = signing_key_from(keys.signing)
    front.world.hub.tokens = RsaTokens({}, lambda: signing)
    me = registered(front)
    body = {"email": "ADA@example.com", "password": "four words make one"}
    answer = front.call("identity.login", body=body)
    assert answer.status == 200
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 600)
    assert answer.body["access_token"].count(".") == 2
    stored = front.world.sql(
        "SELECT user_id::text, token_hash FROM login_sessions JOIN refresh_tokens"
        " USING (session_id) WHERE session_id <> %s",
        me.session_id,
    )
    assert [row[0] for row in stored] == [me.customer_id]
    assert answer.body["refresh_token"].encode() not in bytes(stored[0][1])


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(front: Front):
    registered(front)
    before = front.world.contents()
    unknown = front.call("identity.login", body={"email": "eve@x.org", "password": "a"})
    wrong = front.call("identity.login", body={"email": "ada@example.com", "password": "a"})
    assert (wrong.status, wrong.body["code"]) == (401, "bad_credentials")
    assert unknown == wrong
    assert front.world.contents() == before


def test_a_deposit_is_money_to_trade_with(front: Front):
    me = registered(front)
    path = {"account_id": me.account_id}
    answer = front.call("accounts.deposit_cash", me, path=path, body={"amount": "1234.50"})
    assert answer.status == 201
    assert (answer.body["amount"], answer.body["available"]) == ("1234.50", "1234.50")
    entries = front.world.sql("SELECT ledger, amount FROM ledger_entries ORDER BY ledger")
    assert entries == [("deposits", Decimal("-1234.5")), ("settled", Decimal("1234.5"))]


def test_a_deposit_s_key_deposits_once_and_another_amount_conflicts(front: Front):
    me = registered(front)
    path, headers = {"account_id": me.account_id}, {"Idempotency-Key": "k1"}
    first, second = (
        front.call(
            "accounts.deposit_cash", me, path=path, headers=headers, body={"amount": "10.00"}
        )
        for _ in range(2)
    )
    assert first.body == second.body
    other = front.call("accounts.deposit_cash", me, path=path, headers=headers, body={"amount": 9})
    assert (other.status, other.body["code"]) == (409, "key_reused")
    assert front.world.balance(me).settled == 10


def test_the_same_key_in_two_accounts_is_two_deposits(front: Front):
    for email in ("a@example.com", "b@example.com"):
        me = registered(front, email)
        answer = front.call(
            "accounts.deposit_cash",
            me,
            path={"account_id": me.account_id},
            headers={"Idempotency-Key": "k1"},
            body={"amount": "10.00"},
        )
        assert answer.body["available"] == "10.00"


def test_a_deposit_beyond_what_an_account_may_hold_is_refused_by_rule(front: Front):
    me = front.world.customer("1000000000")
    front.world.tamper("UPDATE balances SET settled = 999999999999")
    path = {"account_id": me.account_id}
    before = front.world.contents()
    answer = front.call("accounts.deposit_cash", me, path=path, body={"amount": "1"})
    assert front.world.contents() == before
    front.world.tamper("UPDATE balances SET settled = 1000000000")
    assert (answer.status, answer.body["code"]) == (422, "balance_limit")
    assert answer.faults == {("amount", "balance_limit")}


def test_an_order_is_taken_with_202_and_shown_as_it_was_asked(front: Front):
    me = funded(front)
    answer = front.call("orders.submit_order", me, body=LIMIT_BUY)
    assert answer.status == 202
    assert (answer.body["status"], answer.body["state"]) == ("PENDING", "pending_new")
    assert answer.body["market_price"] == "100.02"
    path = {"order_id": answer.body["order_id"]}
    order = front.call("orders.get_order", me, path=path).body
    assert order["client_order_id"] == order["order_id"]
    wanted = {
        "account_id": me.account_id,
        "symbol": "AAPL",
        "side": "buy",
        "type": "limit",
        "quantity": "2",
        "limit_price": "100.00",
        "time_in_force": "day",
        "filled_quantity": "0",
        "average_price": None,
        "can_cancel": True,
        "reason_code": None,
        "executed_at": None,
        "market_time": "2012-06-01T15:00:00Z",
        "submitted_at": "2026-01-05T12:00:00Z",
    }
    assert {name: order[name] for name in wanted} == wanted
    status = front.call("orders.get_order_status", me, path=path).body
    assert (status["status"], status["can_cancel"]) == ("PENDING", True)


@pytest.mark.parametrize("number", [2, 2.0])
def test_numbers_in_json_are_read_exactly(front: Front, number: float):
    me = funded(front)
    body = {**LIMIT_BUY, "quantity": number, "limit_price": 99.99}
    answer = front.call("orders.submit_order", me, body=body)
    assert answer.status == 202
    assert front.world.balance(me).reserved == Decimal("199.98")


def test_a_repeated_client_order_id_is_answered_with_the_order_it_made(front: Front):
    me = funded(front)
    body = {**LIMIT_BUY, "client_order_id": "mine"}
    first = front.call("orders.submit_order", me, body=body)
    again = front.call("orders.submit_order", me, body={**body, "quantity": "2.000"})
    assert (first.status, again.status) == (202, 200)
    assert again.body == first.body
    other = front.call("orders.submit_order", me, body={**body, "quantity": "3"})
    assert (other.status, other.body["code"]) == (409, "client_order_id_reused")
    assert other.faults == {("client_order_id", "unique")}
    assert front.world.sql("SELECT count(*) FROM orders") == [(1,)]
    assert front.world.balance(me).reserved == 200


def test_a_repeat_is_answered_though_money_and_market_have_gone(front: Front):
    me = funded(front, "200")
    body = {**LIMIT_BUY, "client_order_id": "mine"}
    first = front.call("orders.submit_order", me, body=body)
    assert front.call("orders.submit_order", me, body=body).body == first.body
    front.world.quote("AAPL", "10", "10.02")
    again = front.call("orders.submit_order", me, body=body)
    assert (again.status, again.body["order_id"]) == (200, first.body["order_id"])


def test_the_idempotency_key_header_names_the_order_where_the_body_does_not(front: Front):
    me = funded(front)
    headers = {"idempotency-key": "k-1"}
    first = front.call("orders.submit_order", me, body=LIMIT_BUY, headers=headers)
    again = front.call("orders.submit_order", me, body=LIMIT_BUY, headers=headers)
    assert first.body["client_order_id"] == "k-1"
    assert again.body["order_id"] == first.body["order_id"]


def test_a_cancel_is_answered_with_202_once(front: Front):
    me = funded(front)
    path = {"order_id": front.call("orders.submit_order", me, body=LIMIT_BUY).body["order_id"]}
    answer = front.call("orders.cancel_order", me, path=path)
    assert (answer.status, answer.body["status"]) == (202, "CANCELLED")
    again = front.call("orders.cancel_order", me, path=path)
    assert (again.status, again.body["code"]) == (422, "order_not_cancelable")
    assert again.body["state"] == "canceled"
    assert front.world.balance(me).available == 1000


STRANGERS = [
    ("orders.get_order", "order_id"),
    ("orders.get_order_status", "order_id"),
    ("orders.get_order_timeline", "order_id"),
    ("orders.cancel_order", "order_id"),
    ("accounts.get_balance", "account_id"),
    ("accounts.deposit_cash", "account_id"),
]


@pytest.mark.parametrize(("name", "field"), STRANGERS)
def test_another_s_thing_is_as_absent_as_what_never_was(front: Front, name: str, field: str):
    owner, stranger = funded(front), front.world.customer("1000")
    order_id = front.call("orders.submit_order", owner, body=LIMIT_BUY).body["order_id"]
    theirs = {"order_id": order_id, "account_id": owner.account_id}[field]
    before = front.world.contents()
    body = {"amount": "1.00"}
    foreign = front.call(name, stranger, path={field: theirs}, body=body)
    absent = front.call(name, stranger, path={field: front.world.ids.new()}, body=body)
    assert foreign.status == 404
    assert foreign == absent
    assert front.world.contents() == before


@pytest.mark.parametrize(
    "name",
    ["accounts.list_positions", "accounts.get_portfolio_summary", "orders.list_order_history"],
)
def test_another_s_account_in_a_query_is_as_absent_as_what_never_was(front: Front, name: str):
    owner, stranger = funded(front), front.world.customer()
    foreign = front.call(name, stranger, query={"account_id": owner.account_id})
    absent = front.call(name, stranger, query={"account_id": front.world.ids.new()})
    assert (foreign.status, foreign.body["code"]) == (404, "not_found")
    assert foreign == absent


def test_an_order_for_another_s_account_is_refused_as_for_none(front: Front):
    owner, stranger = funded(front), front.world.customer("1000")
    taken = {**LIMIT_BUY, "client_order_id": "mine", "account_id": owner.account_id}
    assert front.call("orders.submit_order", owner, body=taken).status == 202
    before = front.world.contents()
    foreign = front.call("orders.submit_order", stranger, body=taken)
    absent = front.call(
        "orders.submit_order", stranger, body={**taken, "account_id": front.world.ids.new()}
    )
    assert foreign.status == 404
    assert foreign == absent
    assert front.world.contents() == before


def test_a_quote_shows_both_sides_and_its_age(front: Front):
    me = funded(front)
    path = {"symbol": "AAPL"}
    fresh = front.call("market.get_market_data", me, path=path).body
    assert (fresh["bid"], fresh["ask"], fresh["bid_size"]) == ("100.00", "100.02", "100000")
    assert (fresh["stale"], fresh["timestamp"]) == (False, "2012-06-01T15:00:00Z")
    front.world.pass_time(6)
    assert front.call("market.get_market_data", me, path=path).body["stale"]


def test_what_is_not_traded_has_no_quote(front: Front):
    answer = front.call("market.get_market_data", funded(front), path={"symbol": "ZZZZ"})
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_instruments_are_listed_by_symbol(front: Front):
    listed = front.call("market.list_instruments", funded(front)).body["instruments"]
    assert [each["symbol"] for each in listed] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert {each["exchange"] for each in listed} == {"XNYS"}


def test_a_query_parameter_without_a_value_is_one_that_was_left_out(front: Front):
    me = funded(front)
    for name in ("accounts.list_positions", "accounts.get_portfolio_summary"):
        assert front.call(name, me, query={"account_id": ""}) == front.call(name, me)
    page = front.call("orders.list_order_history", me, query={"limit": "", "cursor": ""})
    assert (page.status, page.body) == (200, {"orders": [], "next_cursor": None})


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("orders.cancel_all_orders", {"account_id": ""}),
        ("orders.cancel_all_orders", {"symbols": ""}),
        ("orders.close_all_positions", {"account_id": ""}),
    ],
)
def test_what_is_to_be_changed_is_never_everything_by_an_empty_word(
    front: Front, name: str, query: dict[str, str]
):
    me = front.world.customer("500")
    front.world.give(me, "4", "100")
    before = front.world.contents()
    answer = front.call(name, me, query=query)
    assert (answer.status, answer.faults) == (400, {(next(iter(query)), "empty")})
    assert front.world.contents() == before


def test_positions_and_portfolio_are_valued_at_the_last_price(front: Front):
    me = front.world.customer("500")
    front.world.give(me, "4", "100")
    front.world.quote("AAPL", "109.98", "110")
    (held,) = front.call("accounts.list_positions", me).body["positions"]
    assert held == {
        "account_id": me.account_id,
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "category": "stocks",
        "quantity": "4",
        "average_price": "100.00",
        "cost": "400.00",
        "market_price": "110.00",
        "market_value": "440.00",
        "unrealized_pnl": "40.00",
        "realized_pnl": "0.00",
        "previous_close": None,
        "day_change": None,
        "day_change_percentage": None,
        "priced_at": "2012-06-01T15:00:00Z",
        "age_seconds": 0,
        "stale": False,
        "last_traded_at": "2026-01-05T12:00:00Z",
    }
    summary = front.call("accounts.get_portfolio_summary", me).body
    assert (summary["total_value"], summary["cash"]) == ("940.00", "500.00")
    assert (summary["invested"], summary["unrealized_pnl"]) == ("400.00", "40.00")
    (category,) = summary["categories"]
    assert (category["category"], category["pnl_percentage"]) == ("stocks", "10.00")
    assert [each["symbol"] for each in category["assets"]] == ["AAPL"]


def test_the_timeline_tells_every_step_with_its_quote(front: Front):
    me = funded(front)
    body = {**LIMIT_BUY, "limit_price": "100.02"}
    order_id = front.call("orders.submit_order", me, body=body).body["order_id"]
    quote = front.world.quote("AAPL", "99.98", "100")
    front.world.process()
    steps = front.call("orders.get_order_timeline", me, path={"order_id": order_id}).body["steps"]
    assert [(each["event"], each["state_before"], each["state_after"]) for each in steps] == [
        ("OrderSubmitted", None, "pending_new"),
        ("OrderEntered", "pending_new", "new"),
        ("OrderExecuted", "new", "filled"),
    ]
    assert [each["sequence"] for each in steps] == sorted(each["sequence"] for each in steps)
    assert steps[0]["detail"]["quote"]["ask"] == "100.02"
    executed = steps[-1]["detail"]
    assert executed["quote"]["id"] == quote.quote_id
    assert (executed["quantity"], executed["price"], executed["value"]) == ("2", "100.00", "200.00")
    assert executed["settlement_date"] == "2012-06-06"


def test_a_canceled_order_that_nobody_had_acknowledged_is_acknowledged_first(front: Front):
    me = funded(front)
    order_id = front.call("orders.submit_order", me, body=LIMIT_BUY).body["order_id"]
    front.call("orders.cancel_order", me, path={"order_id": order_id})
    steps = front.call("orders.get_order_timeline", me, path={"order_id": order_id}).body["steps"]
    assert [each["state_after"] for each in steps] == ["pending_new", "accepted", "canceled"]


def test_a_queued_order_says_when_the_market_opens(front: Front):
    front.world.market(CLOSED)
    me = funded(front)
    order_id = front.call("orders.submit_order", me, body=LIMIT_BUY).body["order_id"]
    front.world.process()
    path = {"order_id": order_id}
    assert front.call("orders.get_order_status", me, path=path).body["status"] == "PENDING"
    steps = front.call("orders.get_order_timeline", me, path=path).body["steps"]
    assert steps[-1]["detail"] == {"opens_at": "2012-06-04T13:30:00+00:00"}


# History


@pytest.fixture
def traded(front: Front) -> Customer:
    """Six orders, a second apart: AAPL and IBM in turn; two filled, one canceled, three open."""
    world = front.world
    me = world.customer("100000")
    world.quote("IBM", "200", "200")
    world.quote("AAPL", "100", "100.02")
    for number in range(6):
        symbol, price = (("AAPL", "90"), ("IBM", "190"))[number % 2]
        filled = number < 2
        order = world.submit(me, "buy", "1", symbol=symbol, limit=None if filled else price)
        world.process()
        if number == 2:
            world.cancel(me, order)
        world.pass_time(1)
        world.quote("IBM", "200", "200")
        world.quote("AAPL", "100", "100.02")
    return me


def history(front: Front, me: Customer, **query: str) -> list[dict[str, Any]]:
    answer = front.call("orders.list_order_history", me, query=query)
    assert answer.status == 200, answer.text
    orders: list[dict[str, Any]] = answer.body["orders"]
    return orders


def test_history_is_newest_first(front: Front, traded: Customer):
    times = [each["created_at"] for each in history(front, traded)]
    assert len(times) == 6
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"symbols": "AAPL"}, 3),
        ({"symbols": "AAPL,IBM"}, 6),
        ({"symbols": "MSFT"}, 0),
        ({"status": "EXECUTED"}, 2),
        ({"status": "CANCELLED"}, 1),
        ({"status": "PROCESSING"}, 3),
        ({"status": "FAILED"}, 0),
        ({"state": "new"}, 3),
        ({"state": "new", "status": "PROCESSING"}, 3),
        ({"state": "new", "status": "EXECUTED"}, 0),
        ({"side": "sell"}, 0),
        ({"side": "buy", "symbols": "IBM", "status": "EXECUTED"}, 1),
        ({"after": "2026-01-05T12:00:02Z"}, 3),
        ({"until": "2026-01-05T12:00:02Z"}, 3),
        ({"after": "2026-01-05T12:00:01Z", "until": "2026-01-05T12:00:03Z"}, 2),
        ({"after": "2026-01-05T14:00:01+02:00", "until": "2026-01-05T07:00:03-05:00"}, 2),
        ({"limit": "4"}, 4),
    ],
)
def test_history_is_filtered(front: Front, traded: Customer, query: dict[str, str], found: int):
    assert len(history(front, traded, **query)) == found


def test_pages_neither_skip_nor_repeat_while_new_orders_come_in(front: Front, traded: Customer):
    wanted = [each["order_id"] for each in history(front, traded)]
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = front.call("orders.list_order_history", traded, query=query).body
        seen += [each["order_id"] for each in page["orders"]]
        if page["next_cursor"] is None:
            break
        front.world.submit(traded, "buy", "1", limit="90")
        query = {"limit": "2", "cursor": page["next_cursor"]}
    assert seen == wanted


def test_orders_of_one_moment_are_paged_too(front: Front):
    me = funded(front)
    for _ in range(5):
        front.world.submit(me, "buy", "1", limit="90")
    first = front.call("orders.list_order_history", me, query={"limit": "3"}).body
    second = front.call(
        "orders.list_order_history", me, query={"limit": "3", "cursor": first["next_cursor"]}
    ).body
    ids = [each["order_id"] for page in (first, second) for each in page["orders"]]
    assert len(ids) == len(set(ids)) == 5
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "place",
    ["[]", "{}", "1", '["2026-01-05T12:00:00Z"]', '["x", "y"]', "[1, 2]", "[null, null]",
     '["2026-01-05T12:00:00+00:00", 7]', '["0001-01-01T00:00:00+14:00", "x"]', "[" * 60],
)  # fmt: skip
def test_a_cursor_that_was_never_given_out_is_refused(front: Front, place: str):
    cursor = urlsafe_b64encode(place.encode()).decode()
    answer = front.call("orders.list_order_history", funded(front), query={"cursor": cursor})
    assert (answer.status, answer.faults) == (400, {("cursor", "cursor")})


def test_a_customer_sees_no_order_of_another(front: Front, traded: Customer):
    other = front.world.customer()
    assert history(front, other) == []
    page = front.call("orders.list_order_history", traded, query={"limit": "1"}).body
    assert history(front, other, cursor=page["next_cursor"]) == []


# Operations


def test_every_answer_is_secure_and_carries_its_trace(front: Front):
    answer = front.call("operations.get_live")
    assert (answer.status, answer.body) == (200, {"status": "alive"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Trace-Id"]


def test_readiness_names_each_dependency(front: Front):
    answer = front.call("operations.get_readiness")
    assert (answer.status, answer.body["status"]) == (200, "ready")
    names = [each["name"] for each in answer.body["dependencies"]]
    assert names == ["database", "redis", "market_data"]


def test_without_the_database_readiness_is_503(front: Front):
    world = front.world
    world.hub.database.close()
    hub = world.another_hub()
    hub.settings = hub.settings._replace(database_url="postgresql://hub_app@127.0.0.1:1/none")
    world.hub.get_readiness = hub.get_readiness
    answer = front.call("operations.get_readiness")
    assert (answer.status, answer.body["status"]) == (503, "unavailable")


def test_a_lost_database_is_503_and_says_when_to_come_again(front: Front):
    me = funded(front)
    hub = front.world.another_hub()
    hub.settings = hub.settings._replace(database_url="postgresql://hub_app@127.0.0.1:1/none")
    front.world.hub.list_accounts = hub.list_accounts
    answer = front.call("accounts.list_accounts", me)
    assert (answer.status, answer.body["code"]) == (503, "database")
    assert answer.headers["Retry-After"] == "1"


def test_a_defect_is_a_500_that_tells_nothing_of_the_inside(front: Front):
    def defect(_customer: str) -> None:
        raise ZeroDivisionError("a secret of the inside")

    front.world.hub.list_accounts = defect  # type: ignore[assignment]  # a defect, on purpose
    answer = front.call("accounts.list_accounts", funded(front))
    assert (answer.status, answer.body["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_the_document_lists_every_route_and_the_explorer_carries_it(front: Front):
    document = front.call("operations.get_openapi").body
    assert "/api/v1/orders/{order_id}/cancel" in document["paths"]
    page = front.call("operations.get_docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "/api/v1/orders/{order_id}/cancel" in page.text


def test_a_token_that_expired_since_the_gateway_looked_is_refused(world: World):
    front = Front(world)
    me = funded(front)
    world.clock.advance(0)
    event_exp = int(world.clock.now().timestamp())
    from functions.accounts.list_accounts import handler

    event: dict[str, Any] = {
        "headers": {},
        "requestContext": {
            "requestId": "r",
            "requestTimeEpoch": event_exp * 1000,
            "authorizer": {
                "sub": me.customer_id,
                "sid": "s",
                "scope": "customer",
                "exp": str(event_exp),
            },
        },
    }
    assert handler(event, None)["statusCode"] == 401
    event["requestContext"]["requestTimeEpoch"] -= 1
    assert handler(event, None)["statusCode"] == 200


def test_an_order_has_one_key_wherever_it_stands(front: Front):
    me = funded(front)
    order = {**LIMIT_BUY, "client_order_id": "mine"}
    before = front.world.contents()
    for key, rule in (("another", "same"), ("mine" * 40, "same")):
        refused = front.call(
            "orders.submit_order", me, body=order, headers={"Idempotency-Key": key}
        )
        assert (refused.status, refused.faults) == (400, {("Idempotency-Key", rule)})
    long = front.call(
        "orders.submit_order", me, body=LIMIT_BUY, headers={"Idempotency-Key": "k" * 129}
    )
    assert long.faults == {("Idempotency-Key", "string_too_long")}
    assert front.world.contents() == before
    both = front.call("orders.submit_order", me, body=order, headers={"Idempotency-Key": "mine"})
    assert (both.status, both.body["client_order_id"]) == (202, "mine")


@pytest.mark.parametrize("quantity", ["0.000000001", "0.00009"])
def test_a_buy_of_next_to_nothing_is_refused(front: Front, quantity: str):
    me = funded(front)
    before = front.world.contents()
    body = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": quantity}
    refused = front.call("orders.submit_order", me, body=body)
    assert (refused.status, refused.faults) == (422, {("quantity", "min_value")})
    assert front.world.contents() == before
