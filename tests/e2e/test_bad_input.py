"""Whatever a request has wrong: a problem that names it, the right status, and no row changed."""

import json
import time
import uuid

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.platforms import Customer, ask

ORDER = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
LIMIT = {**ORDER, "type": "limit", "limit_price": "500.00"}
TABLES = ("users", "accounts", "orders", "executions", "positions", "ledger_entries", "balances",
          "account_events", "audit_events")  # fmt: skip


def rows(platform) -> dict[str, object]:
    """Every table of the books, as a number that changes when any of its rows does."""
    with psycopg.connect(platform.database_url) as connection:
        return {
            name: connection.execute(
                f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {name} t"
            ).fetchone()
            for name in TABLES
        }


@pytest.fixture
def unchanged(platform, rich):
    """The books before and after are the same."""
    before = rows(platform)
    yield
    assert rows(platform) == before


def check_problem(answer, status, field=None):
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.body
    assert {"type", "title", "status", "detail", "code", "errors", "trace_id"} <= set(problem)
    assert problem["status"] == status
    assert problem["trace_id"]
    if field is not None:
        assert field in {error["field"] for error in problem["errors"]}, problem
        assert all(error["rule"] and error["message"] for error in problem["errors"])


WRONG = [
    ({"symbol": None}, "symbol", 400),
    ({"symbol": "aapl"}, "symbol", 400),
    ({"symbol": "\uff21\uff21\uff30\uff2c"}, "symbol", 400),
    ({"symbol": "AAPL\u0000"}, "body", 400),
    ({"symbol": "NOPE"}, "symbol", 422),
    ({"side": "hold"}, "side", 400),
    ({"side": 1}, "side", 400),
    ({"type": "magic"}, "type", 400),
    ({"quantity": None}, "quantity", 400),
    ({"quantity": "0"}, "quantity", 400),
    ({"quantity": "-1"}, "quantity", 400),
    ({"quantity": "NaN"}, "quantity", 400),
    ({"quantity": "Infinity"}, "quantity", 400),
    ({"quantity": "1e3"}, "quantity", 400),
    ({"quantity": "1_000"}, "quantity", 400),
    ({"quantity": " 1"}, "quantity", 400),
    ({"quantity": "\u0661"}, "quantity", 400),
    ({"quantity": "0.0000000001"}, "quantity", 400),
    ({"quantity": "1" * 30}, "quantity", 400),
    ({"quantity": True}, "quantity", 400),
    ({"quantity": ["1"]}, "quantity", 400),
    ({"quantity": {"value": "1"}}, "quantity", 400),
    ({"limit_price": "1.00"}, "limit_price", 400),
    ({"time_in_force": "forever"}, "time_in_force", 400),
    ({"account_id": "mine"}, "account_id", 400),
    ({"client_order_id": ""}, "client_order_id", 400),
    ({"client_order_id": "x" * 129}, "client_order_id", 400),
    ({"leverage": "100"}, "leverage", 400),
]


@pytest.mark.parametrize(("change", "field", "status"), WRONG, ids=lambda each: str(each)[:40])
def test_each_rule_of_an_order_is_named_when_it_is_broken(rich, unchanged, change, field, status):
    check_problem(rich.post("/orders", {**ORDER, **change}), status, field)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"limit_price": None}, 400),
        ({"limit_price": "500.001"}, 400),
        ({"limit_price": "-5"}, 400),
        ({"limit_price": "1000000.00"}, 422),
        ({"quantity": "0.5", "time_in_force": "gtc"}, 400),
    ],
    ids=str,
)
def test_each_rule_of_a_limit_is_named_when_it_is_broken(rich, unchanged, change, status):
    field = "quantity" if "quantity" in change else "limit_price"
    check_problem(rich.post("/orders", {**LIMIT, **change}), status, field)


@pytest.mark.parametrize("missing", ["symbol", "side", "type", "quantity"])
def test_a_field_that_is_missing_is_named(rich, unchanged, missing):
    order = {name: value for name, value in ORDER.items() if name != missing}
    check_problem(rich.post("/orders", order), 400, missing)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"null",
        b"[]",
        b'"text"',
        b'{"quantity": NaN}',
        b'{"quantity": 1e400}',
        b'{"quantity": 1, "quantity": 2}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"symbol": "\\ud800"}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_order_at_all_is_refused(rich, unchanged, body):
    check_problem(rich.ask("POST", "/orders", body), 400)


def test_a_body_that_is_too_large_is_refused(rich, unchanged):
    body = json.dumps({**ORDER, "client_order_id": "x" * 70_000}).encode()
    check_problem(rich.ask("POST", "/orders", body), 413)


def test_a_body_of_another_type_is_refused(rich, unchanged):
    body = b"symbol=AAPL&side=buy"
    answer = rich.ask(
        "POST", "/orders", body, **{"Content-Type": "application/x-www-form-urlencoded"}
    )
    check_problem(answer, 415)


@pytest.mark.parametrize(
    "amount", ["0", "-5", "1.001", "1e3", "NaN", "10000000000", "", None, True, "\u0665", "9" * 30]
)
def test_a_deposit_that_is_no_amount_is_refused(rich, unchanged, amount):
    path = f"/accounts/{rich.account_id}/deposits"
    check_problem(rich.post(path, {"amount": amount}), 400, "amount")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"name": ""}, "name"),
    ],
)
def test_a_registration_that_breaks_a_rule_is_refused(platform, unchanged, change, field):
    new = {"email": f"{uuid.uuid4()}@hub.example", "password": "long enough, yes", "name": "Ada"}
    answer = ask(platform.api_port, "POST", "/auth/register", {**new, **change})
    check_problem(answer, answer.status, field)
    assert answer.status in {400, 422}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=many", "cursor=nonsense", "status=DONE", "after=yesterday",
     "side=hold", "page=2", "account_id=mine"],
)  # fmt: skip
def test_a_query_that_breaks_a_rule_is_refused(rich, unchanged, query):
    check_problem(rich.get(f"/orders/history?{query}"), 400)


def test_what_another_customer_owns_does_not_exist(rich, customer, platform):
    order_id = rich.order().body["order_id"]
    rich.ended(order_id)
    before = rows(platform)
    for method, path, body in (
        ("GET", f"/orders/{order_id}", None),
        ("GET", f"/orders/{order_id}/status", None),
        ("GET", f"/orders/{order_id}/timeline", None),
        ("PUT", f"/orders/{order_id}/cancel", None),
        ("GET", f"/accounts/{rich.account_id}/balance", None),
        ("POST", f"/accounts/{rich.account_id}/deposits", {"amount": "1.00"}),
        ("GET", f"/positions?account_id={rich.account_id}", None),
        ("GET", f"/orders/history?account_id={rich.account_id}", None),
        ("POST", "/orders", {**ORDER, "account_id": rich.account_id}),
    ):
        check_problem(customer.ask(method, path, body), 404)
    assert rows(platform) == before


@pytest.mark.parametrize("path", ["/orders/" + str(uuid.UUID(int=1)), "/market-data/NOPE"])
def test_what_nobody_owns_is_not_found(rich, unchanged, path):
    check_problem(rich.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("DELETE", "/balance"), ("PATCH", "/positions"), ("GET", "/auth/login")],
)
def test_a_route_or_method_that_is_none_is_a_problem_too(rich, unchanged, method, path):
    answer = rich.ask(method, path)
    check_problem(answer, answer.status)
    assert answer.status in {403, 404, 405}


def test_only_a_token_of_this_platform_that_lives_opens_anything(platform, rich, unchanged):
    claims = jwt.decode(rich.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(rich.token)
    kept = json.loads((platform.folder / "token_keys.json").read_text())
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def signed(key, **changes):
        headers = {name: header[name] for name in ("kid", "typ")}
        return jwt.encode({**claims, **changes}, key, algorithm="RS256", headers=headers)

    own = kept["private_key"]
    assert Customer.get(with_token(rich, signed(own)), "/accounts").status == 200
    now = int(time.time())
    head, payload, signature = rich.token.split(".")
    unsigned = jwt.encode(claims, None, algorithm="none")  # type: ignore[arg-type]  # no key
    wrong = {
        "missing": "",
        "nonsense": "nonsense",
        "foreign": signed(foreign),
        "expired": signed(own, exp=now - 60, iat=now - 600),
        "of another issuer": signed(own, iss="https://elsewhere.example"),
        "for another audience": signed(own, aud="elsewhere"),
        "tampered": f"{head}.{payload[:-4]}AAAA.{signature}",
        "unsigned": unsigned,
        "huge": "x" * 9000,
    }
    for what, token in wrong.items():
        for method, path, body in (("GET", "/accounts", None), ("POST", "/orders", ORDER)):
            answer = with_token(rich, token).ask(method, path, body)
            if what == "huge":  # the server itself has had enough before it knows the route
                assert answer.status in {400, 431}
            else:
                check_problem(answer, 401)


def with_token(customer: Customer, token: str) -> Customer:
    other = object.__new__(Customer)
    other.__dict__.update(customer.__dict__, token=token)
    return other
