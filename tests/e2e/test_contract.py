"""What the native API promises its clients, field by field."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.e2e.platforms import PASSWORD, Customer, ask

DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AMOUNTS = {
    "amount", "available", "reserved", "settled", "unsettled", "total", "bid", "ask", "last",
    "bid_size", "ask_size", "market_price", "quantity", "filled_quantity", "average_price",
    "limit_price", "market_value", "unrealized_pnl", "total_value", "cash", "invested",
    "positions_value", "total_invested", "current_total", "pnl", "pnl_percentage",
}  # fmt: skip
TIMES = {"timestamp", "submitted_at", "created_at", "updated_at", "executed_at", "as_of", "at"}


def check_forms(value, name=""):
    """Amounts are decimal strings and times RFC 3339 in UTC, wherever they stand."""
    if isinstance(value, dict):
        for key, each in value.items():
            check_forms(each, key)
    elif isinstance(value, list):
        for each in value:
            check_forms(each, name)
    elif value is not None and name in AMOUNTS:
        assert isinstance(value, str), (name, value)
        assert DECIMAL.fullmatch(value), (name, value)
    elif value is not None and name in TIMES:
        assert value.endswith("Z"), (name, value)
        assert datetime.fromisoformat(value).tzinfo == UTC


def has(answer, status, *fields):
    assert answer.status == status, answer
    assert set(fields) <= set(answer.body), answer.body
    check_forms(answer.body)
    return answer.body


def test_registering_opens_a_first_account(customer):
    body = has(customer.registered, 201, "user_id", "account_id")
    assert UUID.fullmatch(body["account_id"])
    accounts = has(customer.get("/accounts"), 200, "accounts")["accounts"]
    assert [each["account_id"] for each in accounts] == [body["account_id"]]


def test_an_email_registers_once_however_it_is_written(platform, customer):
    again = {"email": customer.email.upper(), "password": f"not {PASSWORD}", "name": "Eve"}
    answer = ask(platform.api_port, "POST", "/auth/register", again)
    assert has(answer, 201, "user_id", "account_id")["email"] == customer.email
    del again["name"]
    assert ask(platform.api_port, "POST", "/auth/login", again).status == 401


def test_logging_in_gives_a_bearer_token(platform, customer):
    body = has(customer.logged_in, 200, "access_token", "refresh_token", "expires_in")
    assert body["token_type"] == "Bearer"
    assert 0 < body["expires_in"] <= 600
    assert has(customer.get("/auth/me"), 200, "user_id", "email")["email"] == customer.email


def test_a_wrong_password_and_an_unknown_customer_get_the_same_answer(platform, customer):
    answers = [
        ask(platform.api_port, "POST", "/auth/login", {"email": email, "password": "not this one"})
        for email in (customer.email, "nobody@hub.example")
    ]
    assert [answer.status for answer in answers] == [401, 401]
    for answer in answers:
        answer.body.pop("trace_id")
    assert answers[0].body == answers[1].body


def test_a_deposit_is_available_at_once_and_booked_once(platform):
    customer = Customer(platform.api_port)
    path = f"/accounts/{customer.account_id}/deposits"
    for _ in range(2):
        made = customer.ask("POST", path, {"amount": "250.50"}, **{"Idempotency-Key": "first"})
        assert has(made, 201, "amount")["amount"] == "250.50"
    balance = has(
        customer.get(f"/accounts/{customer.account_id}/balance"),
        200, "currency", "available", "reserved", "settled", "unsettled", "total",
    )  # fmt: skip
    assert balance["currency"] == "USD"
    assert {name: balance[name] for name in ("available", "reserved", "total")} == {
        "available": "250.50",
        "reserved": "0.00",
        "total": "250.50",
    }


def test_instruments_are_those_that_are_traded(rich):
    symbols = {each["symbol"] for each in rich.get("/instruments").body["instruments"]}
    assert {"AAPL", "GOOG", "IBM", "MSFT"} <= symbols


def test_a_quote_is_live_and_has_two_sides(rich):
    quote = has(
        rich.get("/market-data/AAPL"),
        200, "symbol", "bid", "ask", "last", "bid_size", "ask_size", "timestamp", "stale",
    )  # fmt: skip
    assert (quote["symbol"], quote["stale"]) == ("AAPL", False)
    assert 0 < Decimal(quote["bid"]) < Decimal(quote["ask"])


def test_a_market_order_becomes_shares_and_the_books_say_so(customer):
    taken = has(
        customer.order(quantity="3", client_order_id="three"),
        202, "order_id", "client_order_id", "status", "state", "submitted_at", "market_price",
    )  # fmt: skip
    assert (taken["client_order_id"], taken["status"]) == ("three", "PENDING")
    order = customer.ended(taken["order_id"])
    check_forms(order)
    assert (order["status"], order["state"], order["filled_quantity"]) == (
        "EXECUTED",
        "filled",
        "3",
    )
    assert order["reason"] is None
    paid = 3 * Decimal(order["average_price"])
    balance = customer.get(f"/accounts/{customer.account_id}/balance").body
    assert Decimal(balance["total"]) == Decimal("10000.00") - paid
    assert balance["reserved"] == "0.00"
    positions = has(customer.get(f"/positions?account_id={customer.account_id}"), 200, "positions")[
        "positions"
    ]
    assert [(each["symbol"], each["quantity"]) for each in positions] == [("AAPL", "3")]
    assert Decimal(positions[0]["average_price"]) == Decimal(order["average_price"])
    worth = Decimal(positions[0]["market_value"])
    assert Decimal(positions[0]["unrealized_pnl"]) == worth - paid


def test_a_portfolio_is_cash_and_positions(rich):
    body = has(
        rich.get("/portfolio/summary"),
        200, "total_value", "cash", "invested", "positions_value", "unrealized_pnl", "as_of",
        "categories",
    )  # fmt: skip
    assert Decimal(body["total_value"]) == Decimal(body["cash"]) + Decimal(body["positions_value"])
    (category,) = body["categories"]
    fields = {"category", "total_invested", "current_total", "pnl", "pnl_percentage", "assets"}
    assert fields <= set(category)
    assert [asset["symbol"] for asset in category["assets"]] == ["AAPL"]


def test_an_order_that_waits_can_be_cancelled_and_gives_its_money_back(customer):
    quote = customer.get("/market-data/AAPL").body
    low = f"{Decimal(quote['bid']) * Decimal('0.6'):.2f}"
    taken = customer.order(type="limit", limit_price=low, quantity="2", time_in_force="gtc")
    order_id = has(taken, 202, "order_id")["order_id"]
    path = f"/accounts/{customer.account_id}/balance"
    assert Decimal(customer.get(path).body["reserved"]) == 2 * Decimal(low)
    status = has(
        customer.get(f"/orders/{order_id}/status"),
        200, "order_id", "status", "state", "can_cancel", "updated_at",
    )  # fmt: skip
    assert status["can_cancel"] is True
    assert customer.put(f"/orders/{order_id}/cancel").status == 202
    order = customer.ended(order_id)
    assert (order["status"], order["filled_quantity"]) == ("CANCELLED", "0")
    balance = customer.get(path).body
    assert (balance["reserved"], balance["available"]) == ("0.00", "10000.00")
    again = customer.put(f"/orders/{order_id}/cancel")
    assert (again.status, again.body["code"]) == (422, "order_not_cancelable")


def test_a_sale_of_shares_brings_unsettled_money(rich):
    before = rich.get(f"/accounts/{rich.account_id}/balance").body
    sold = rich.ended(rich.order(side="sell", quantity="2").body["order_id"])
    after = rich.get(f"/accounts/{rich.account_id}/balance").body
    gained = Decimal(after["unsettled"]) - Decimal(before["unsettled"])
    assert gained == 2 * Decimal(sold["average_price"])
    assert after["settled"] == before["settled"]


def test_a_timeline_tells_each_step_once(customer):
    order_id = customer.order().body["order_id"]
    customer.ended(order_id)
    steps = has(customer.get(f"/orders/{order_id}/timeline"), 200, "steps")["steps"]
    assert [step["event"] for step in steps] == ["OrderSubmitted", "OrderEntered", "OrderExecuted"]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)


def test_history_is_newest_first_in_pages_without_gap_or_repetition(customer):
    made = [customer.order(quantity=str(n)).body["order_id"] for n in (1, 2, 3)]
    first = has(customer.get("/orders/history?limit=2"), 200, "orders", "next_cursor")
    second = customer.get(f"/orders/history?limit=2&cursor={first['next_cursor']}").body
    seen = [each["order_id"] for each in (*first["orders"], *second["orders"])]
    assert seen == made[::-1]
    assert second["next_cursor"] is None
    assert customer.get("/orders/history?side=sell").body["orders"] == []


def test_the_same_client_order_id_is_one_order(customer):
    first = customer.order(client_order_id="once")
    again = customer.order(client_order_id="once")
    assert (first.status, again.status) == (202, 200)
    assert first.body["order_id"] == again.body["order_id"]
    other = customer.order(client_order_id="once", quantity="2")
    assert (other.status, other.body["code"]) == (409, "client_order_id_reused")
    assert len(customer.get("/orders/history").body["orders"]) == 1


def test_more_than_the_cash_buys_nothing_and_says_what_there_is(customer):
    refused = customer.order(quantity="1000")
    assert refused.status in {403, 422}
    assert "available" in str(refused.body)
    assert customer.get("/orders/history").body["orders"] == []


def test_shares_one_does_not_have_are_not_sold(customer):
    refused = customer.order(side="sell", quantity="1")
    assert refused.status in {403, 422}
    assert customer.get("/positions").body["positions"] == []


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_told_to_everybody(platform, path):
    assert ask(platform.api_port, "GET", path).status == 200


def test_the_document_describes_every_path_and_the_explorer_shows_it(platform):
    document = ask(platform.api_port, "GET", "/openapi.json").body
    assert document["openapi"].startswith("3.")
    wanted = {"/orders", "/orders/{order_id}", "/auth/login", "/market-data/{symbol}"}
    assert {f"/api/v1{path}" for path in wanted} <= set(document["paths"])
    page = ask(platform.api_port, "GET", "/docs")
    assert (page.status, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "openapi.json" in page.body


def test_answers_name_their_trace_and_forbid_guessing(rich):
    headers = rich.get("/accounts").headers
    assert headers["x-trace-id"]
    assert headers["x-content-type-options"] == "nosniff"
