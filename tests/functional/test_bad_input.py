"""Every rule of every input, broken one at a time: the answer names it, and no row changes."""

import json
from typing import Any

import pytest

from tests.fixtures.requests import REQUEST_ID, Answer, Front, base64_of
from tests.fixtures.worlds import Customer

ABSENT = object()
ID = "019b8e07-4600-7002-9944-c9c3269e0d37"

ORDER: dict[str, Any] = {
    "symbol": "AAPL",
    "side": "buy",
    "type": "limit",
    "quantity": "2",
    "limit_price": "100.00",
    "time_in_force": "day",
    "client_order_id": "c-1",
}
REGISTRATION = {"email": "new@example.com", "password": "four words make one", "name": "Ada"}
LOGIN = {"email": "new@example.com", "password": "four words make one"}
DEPOSIT = {"amount": "10.00"}

NOT_DECIMALS: list[tuple[Any, str]] = [
    (None, "decimal_type"),
    (True, "decimal_type"),
    ([], "decimal_type"),
    ({}, "decimal_type"),
    ("", "decimal_form"),
    (" 1", "decimal_form"),
    ("1 ", "decimal_form"),
    ("1\n", "decimal_form"),
    ("1_000", "decimal_form"),
    ("1,000", "decimal_form"),
    ("+1", "decimal_form"),
    ("-1", "decimal_form"),
    (-1, "decimal_form"),
    (-0.5, "decimal_form"),
    (".5", "decimal_form"),
    ("5.", "decimal_form"),
    ("1e3", "decimal_form"),
    (1e30, "decimal_form"),
    ("0x10", "decimal_form"),
    ("NaN", "decimal_form"),
    ("Infinity", "decimal_form"),
    ("٣", "decimal_form"),
    ("１", "decimal_form"),  # noqa: RUF001  # a full-width digit is the point
    ("1" * 21, "decimal_form"),
    ("1" * 30, "decimal_form"),
    (int("9" * 30), "decimal_form"),
    ("0." + "1" * 21, "decimal_form"),
    ("0", "range"),
    ("0.00", "range"),
    (0, "range"),
    ("1000000000.01", "range"),
    ("99999999999999999999", "range"),
]
CHOICES: list[tuple[Any, str]] = [
    ("", "enum"),
    ("BUY", "enum"),
    ("other", "enum"),
    (1, "enum"),
    (None, "enum"),
    ([], "enum"),
]
NOT_TEXT: list[tuple[Any, str]] = [
    (None, "string_type"),
    (1, "string_type"),
    (True, "string_type"),
    ([], "string_type"),
    ({}, "string_type"),
]


def broken(name: str, good: dict[str, Any], rules: dict[str, list[tuple[Any, str]]]) -> list[Any]:
    """A case for each value: function, body, field, rule."""
    return [
        pytest.param(
            name,
            {**good, field: value} if value is not ABSENT else _without(good, field),
            field,
            rule,
            id=f"{name}-{field}-{'absent' if value is ABSENT else repr(value)[:24]}",
        )
        for field, values in rules.items()
        for value, rule in values
    ]


def _without(good: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in good.items() if name != field}


ORDER_RULES = {
    "symbol": [
        (ABSENT, "missing"),
        *NOT_TEXT,
        ("", "symbol_form"),
        ("aapl", "symbol_form"),
        (" AAPL", "symbol_form"),
        ("AAPL\n", "symbol_form"),
        ("ABCDEFGHIJK", "symbol_form"),
        ("ÀAPL", "symbol_form"),
        ("1A", "symbol_form"),
    ],
    "side": [(ABSENT, "missing"), *CHOICES],
    "type": [(ABSENT, "missing"), *CHOICES],
    "time_in_force": [*CHOICES],
    "quantity": [
        (ABSENT, "one_of"),
        (None, "one_of"),
        *[each for each in NOT_DECIMALS if each[0] is not None],
        ("0.0000000001", "decimal_places"),
    ],
    "limit_price": [
        each for each in [*NOT_DECIMALS, ("100.00001", "decimal_places")] if each[0] is not None
    ],
    "account_id": [
        (1, "string_type"),
        ("", "uuid_form"),
        ("not-an-id", "uuid_form"),
        (ID.upper(), "uuid_form"),
        (ID.replace("-", ""), "uuid_form"),
        (ID + "\n", "uuid_form"),
    ],
    "client_order_id": [
        (1, "string_type"),
        ("", "string_too_short"),
        ("x" * 129, "string_too_long"),
    ],
    "extra": [("x", "extra_forbidden")],
}
CASES = [
    *broken("orders.submit_order", ORDER, ORDER_RULES),
    *broken(
        "accounts.deposit_cash",
        DEPOSIT,
        {
            "amount": [(ABSENT, "missing"), *NOT_DECIMALS, ("0.001", "decimal_places")],
            "extra": [(1, "extra_forbidden")],
        },
    ),
    *broken(
        "identity.register",
        REGISTRATION,
        {
            "email": [
                (ABSENT, "missing"),
                *NOT_TEXT,
                ("", "string_pattern_mismatch"),
                ("ada", "string_pattern_mismatch"),
                ("ada@example", "string_pattern_mismatch"),
                ("a da@example.com", "string_pattern_mismatch"),
                ("a@b@example.com", "string_pattern_mismatch"),
                ("a" * 250 + "@b.com", "string_too_long"),
            ],
            "password": [
                (ABSENT, "missing"),
                *NOT_TEXT,
                ("", "length"),
                ("seven77", "length"),
                ("x" * 129, "length"),
                ("x" * 1025, "string_too_long"),
                ("NEW@example.com", "context"),
            ],
            "name": [
                (ABSENT, "missing"),
                *NOT_TEXT,
                ("", "string_too_short"),
                ("x" * 101, "string_too_long"),
            ],
            "extra": [(None, "extra_forbidden")],
        },
    ),
    *broken(
        "identity.login",
        LOGIN,
        {
            "email": [(ABSENT, "missing"), *NOT_TEXT, ("x" * 255, "string_too_long")],
            "password": [(ABSENT, "missing"), *NOT_TEXT, ("x" * 1025, "string_too_long")],
            "extra": [([], "extra_forbidden")],
        },
    ),
]


def refused(answer: Answer, status: int, code: str) -> None:
    """The answer is a problem of this status and code, whole."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.body
    assert (body["status"], body["code"], body["trace_id"]) == (status, code, REQUEST_ID)
    assert body["type"] == f"urn:hub:problem:{code}"
    assert body["title"]
    assert body["detail"]


def path_of(name: str, caller: Customer) -> dict[str, str] | None:
    return {"account_id": caller.account_id} if name.startswith("accounts.") else None


@pytest.mark.parametrize(("name", "body", "field", "rule"), CASES)
def test_a_broken_rule_is_named_and_nothing_changes(
    *, shared_front: Front, rich: Customer, name: str, body: dict[str, Any], field: str, rule: str
):
    before = shared_front.world.contents()
    answer = shared_front.call(name, rich, body=body, path=path_of(name, rich))
    refused(answer, 400, "invalid_input")
    assert answer.faults == {(field, rule)}
    assert shared_front.world.contents() == before


AMOUNT_FORM = ("amount", "decimal_form")
BODIES: list[tuple[str, str, int, str, tuple[str, str]]] = [
    ("no body", "", 400, "malformed_json", ("body", "json")),
    ("blanks", "  \n", 400, "malformed_json", ("body", "json")),
    ("cut", '{"amount": "1', 400, "malformed_json", ("body", "json")),
    ("two values", "{} {}", 400, "malformed_json", ("body", "json")),
    ("single quotes", "{'amount': 1}", 400, "malformed_json", ("body", "json")),
    ("trailing comma", '{"amount": "1",}', 400, "malformed_json", ("body", "json")),
    ("NaN", '{"amount": NaN}', 400, "malformed_json", ("body", "json")),
    ("Infinity", '{"amount": -Infinity}', 400, "malformed_json", ("body", "json")),
    ("a name twice", '{"amount": "1", "amount": "2"}', 400, "malformed_json", ("body", "json")),
    ("1e400", '{"amount": 1e400}', 400, "invalid_input", ("amount", "decimal_form")),
    ("huge exponent", '{"amount": 1e%s}' % ("9" * 20), 400, "malformed_json", ("body", "json")),
    ("5,000 digits", '{"amount": %s}' % ("9" * 5000), 400, "malformed_json", ("body", "json")),
    ("4,000 digits", '{"amount": %s}' % ("9" * 4000), 400, "invalid_input", AMOUNT_FORM),
    ("deep lists", "[" * 2000 + "]" * 2000, 400, "malformed_json", ("body", "json")),
    ("half a pair", '{"amount": "\\ud800"}', 400, "invalid_input", ("body", "characters")),
    ("half a pair in a name", '{"\\udfff": 1}', 400, "invalid_input", ("body", "characters")),
    ("NUL", '{"amount": "\\u0000"}', 400, "invalid_input", ("body", "characters")),
    ("a list", "[]", 400, "invalid_input", ("body", "model_type")),
    ("a text", '"x"', 400, "invalid_input", ("body", "model_type")),
    ("null", "null", 400, "invalid_input", ("body", "model_type")),
    ("a number", "1", 400, "invalid_input", ("body", "model_type")),
    ("a byte order mark", "\ufeff{}", 400, "malformed_json", ("body", "json")),
    ("too long", '{"a": "%s"}' % ("1" * 65536), 413, "payload_too_large", ("body", "max_bytes")),
    ("too long blanks", " " * 65537, 413, "payload_too_large", ("body", "max_bytes")),
]  # fmt: skip


@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "base64"])
@pytest.mark.parametrize(("what", "raw", "status", "code", "fault"), BODIES)
def test_a_body_that_is_no_request_is_refused(
    *,
    shared_front: Front,
    rich: Customer,
    what: str,
    raw: str,
    status: int,
    code: str,
    fault: tuple[str, str],
    encoded: bool,
):
    before = shared_front.world.contents()
    sent = base64_of(raw) if encoded else raw
    name = "accounts.deposit_cash"
    answer = shared_front.call(name, rich, raw=sent, path=path_of(name, rich), encoded=encoded)
    refused(answer, status, code)
    assert answer.faults == {fault}, what
    assert shared_front.world.contents() == before


@pytest.mark.parametrize("depth", [*range(100, 1000, 50), 990, 995, 998, 999, 1000])
def test_nesting_of_any_depth_is_refused_and_never_breaks_the_function(
    shared_front: Front, rich: Customer, depth: int
):
    for opened, closed in (("[", "]"), ('{"a":', "}")):
        raw = opened * depth + "1" + closed * depth
        answer = shared_front.call("orders.submit_order", rich, raw=raw)
        assert answer.status == 400


@pytest.mark.parametrize("garbage", ["%%%", "abc", "e30", "é", "e30=\n!"])
def test_a_body_that_is_not_base64_though_it_says_so_is_refused(
    shared_front: Front, rich: Customer, garbage: str
):
    answer = shared_front.call("orders.submit_order", rich, raw=garbage, encoded=True)
    refused(answer, 400, "malformed_json")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_another_media_type_is_refused(shared_front: Front, rich: Customer, kind: str):
    answer = shared_front.call(
        "orders.submit_order", rich, body=ORDER, headers={"Content-Type": kind}
    )
    refused(answer, 415, "unsupported_media_type")
    assert answer.faults == {("content-type", "media_type")}


RULES: list[tuple[dict[str, Any], int, str, tuple[str, str]]] = [
    ({"limit_price": None}, 400, "invalid_input", ("limit_price", "required")),
    ({"type": "market"}, 400, "invalid_input", ("limit_price", "not_allowed")),
    ({"limit_price": "100.001"}, 400, "invalid_input", ("limit_price", "price_increment")),
    (
        {"quantity": "0.5", "time_in_force": "gtc"},
        400,
        "invalid_input",
        ("quantity", "time_in_force"),
    ),
    ({"symbol": "ZZZZ"}, 422, "unknown_symbol", ("symbol", "known")),
    ({"limit_price": "150.04"}, 422, "price_out_of_tolerance", ("limit_price", "tolerance")),
    (
        {"side": "sell", "limit_price": "49.99"},
        422,
        "price_out_of_tolerance",
        ("limit_price", "tolerance"),
    ),
]


@pytest.mark.parametrize(("change", "status", "code", "fault"), RULES)
def test_a_rule_between_fields_or_of_the_market_is_named(
    *,
    shared_front: Front,
    rich: Customer,
    change: dict[str, Any],
    status: int,
    code: str,
    fault: tuple[str, str],
):
    before = shared_front.world.contents()
    answer = shared_front.call("orders.submit_order", rich, body={**ORDER, **change})
    refused(answer, status, code)
    assert answer.faults == {fault}
    assert shared_front.world.contents() == before


def test_several_broken_fields_are_all_named(shared_front: Front, rich: Customer):
    answer = shared_front.call("orders.submit_order", rich, body={"symbol": "a", "quantity": "0"})
    assert answer.faults == {
        ("symbol", "symbol_form"),
        ("side", "missing"),
        ("type", "missing"),
        ("quantity", "range"),
    }


@pytest.mark.parametrize(
    ("change", "code", "extra"),
    [
        (
            {"quantity": "101"},
            "insufficient_buying_power",
            {"available": "10000.00", "required": "10100.00"},
        ),
        (
            {"side": "sell", "limit_price": "100.00"},
            "insufficient_holdings",
            {"available": "0", "required": "2"},
        ),
    ],
)
def test_what_the_account_lacks_is_said_with_numbers(
    shared_front: Front, rich: Customer, change: dict[str, Any], code: str, extra: dict[str, str]
):
    before = shared_front.world.contents()
    answer = shared_front.call("orders.submit_order", rich, body={**ORDER, **change})
    refused(answer, 403, code)
    assert {name: answer.body[name] for name in extra} == extra
    assert shared_front.world.contents() == before


QUERIES: list[tuple[str, dict[str, str], str, str]] = [
    ("orders.list_order_history", {"limit": "0"}, "limit", "greater_than_equal"),
    ("orders.list_order_history", {"limit": "501"}, "limit", "less_than_equal"),
    ("orders.list_order_history", {"limit": "ten"}, "limit", "int_parsing"),
    ("orders.list_order_history", {"status": "done"}, "status", "literal_error"),
    ("orders.list_order_history", {"state": "done"}, "state", "enum"),
    ("orders.list_order_history", {"side": "hold"}, "side", "enum"),
    ("orders.list_order_history", {"symbols": "AAPL,b"}, "symbols.1", "symbol_form"),
    ("orders.list_order_history", {"symbols": ",".join(["A"] * 101)}, "symbols", "too_long"),
    ("orders.list_order_history", {"after": "yesterday"}, "after", "time_form"),
    ("orders.list_order_history", {"after": "2012-06-01"}, "after", "time_zone"),
    ("orders.list_order_history", {"until": "2012-06-01T10:00:00"}, "until", "time_zone"),
    ("orders.list_order_history", {"until": "2012-13-01T10:00:00Z"}, "until", "time_form"),
    ("orders.list_order_history", {"cursor": "x" * 201}, "cursor", "string_too_long"),
    ("orders.list_order_history", {"cursor": "%%%"}, "cursor", "cursor"),
    ("orders.list_order_history", {"account_id": "mine"}, "account_id", "uuid_form"),
    ("orders.list_order_history", {"page": "2"}, "page", "unknown"),
    ("orders.list_order_history", {"symbols": "A\x00"}, "symbols", "characters"),
    ("accounts.list_positions", {"account_id": "\ud800"}, "account_id", "characters"),
    ("accounts.get_portfolio_summary", {"account_id": "1"}, "account_id", "uuid_form"),
    ("accounts.list_accounts", {"a": "1"}, "a", "unknown"),
]


@pytest.mark.parametrize(("name", "query", "field", "rule"), QUERIES)
def test_a_broken_query_parameter_is_named(
    *, shared_front: Front, rich: Customer, name: str, query: dict[str, str], field: str, rule: str
):
    answer = shared_front.call(name, rich, query=query)
    refused(answer, 400, "invalid_input")
    assert answer.faults == {(field, rule)}


@pytest.mark.parametrize(
    "moment",
    [
        "2012-06-01T10:00:00+23:59",
        "2012-06-01T10:00:00-23:59",
        "2012-06-01T10:00:00+00:00:30",
        "2012-06-01T10:00:00+00:00:00.500000",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-14:00",
    ],
)
def test_any_time_with_a_zone_is_understood(shared_front: Front, rich: Customer, moment: str):
    for bound in ("after", "until"):
        answer = shared_front.call("orders.list_order_history", rich, query={bound: moment})
        assert answer.status == 200, answer.text


PATHS = [
    ("orders.get_order", "order_id"),
    ("orders.get_order_status", "order_id"),
    ("orders.get_order_timeline", "order_id"),
    ("orders.cancel_order", "order_id"),
    ("accounts.get_balance", "account_id"),
    ("accounts.deposit_cash", "account_id"),
]


@pytest.mark.parametrize("bad", ["1", "x", ID + "0", "../etc/passwd", "' OR 1=1 --", ID.upper()])
@pytest.mark.parametrize(("name", "field"), PATHS)
def test_an_id_that_was_never_given_out_in_this_form_is_refused(
    shared_front: Front, rich: Customer, name: str, field: str, bad: str
):
    answer = shared_front.call(name, rich, body=DEPOSIT, path={field: bad})
    refused(answer, 400, "invalid_input")
    assert answer.faults == {(field, "uuid_form")}


PROTECTED = [
    "accounts.deposit_cash",
    "accounts.get_balance",
    "accounts.get_portfolio_summary",
    "accounts.list_accounts",
    "accounts.list_positions",
    "identity.get_me",
    "market.get_market_data",
    "market.list_instruments",
    "orders.cancel_order",
    "orders.get_order",
    "orders.get_order_status",
    "orders.get_order_timeline",
    "orders.list_order_history",
    "orders.submit_order",
]


@pytest.mark.parametrize("name", PROTECTED)
def test_without_a_caller_nothing_is_told(shared_front: Front, name: str):
    body = ORDER if name == "orders.submit_order" else DEPOSIT
    path = {"order_id": ID, "account_id": ID, "symbol": "AAPL"}
    answer = shared_front.call(name, None, body=body, path=path)
    refused(answer, 401, "no_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["", "x" * 256, "clé", "a\nb", "a\x00"])
@pytest.mark.parametrize("name", ["orders.submit_order", "accounts.deposit_cash"])
def test_a_key_that_cannot_be_kept_is_refused(
    shared_front: Front, rich: Customer, name: str, key: str
):
    before = shared_front.world.contents()
    body = ORDER if name == "orders.submit_order" else DEPOSIT
    headers = {"Idempotency-Key": key}
    answer = shared_front.call(name, rich, body=body, path=path_of(name, rich), headers=headers)
    refused(answer, 400, "invalid_input")
    assert answer.faults == {("Idempotency-Key", "form")}
    assert shared_front.world.contents() == before


def test_the_problem_s_text_never_repeats_a_secret(shared_front: Front, rich: Customer):
    secret = "seven77"
    answer = shared_front.call("identity.register", body={**REGISTRATION, "password": secret})
    assert secret not in answer.text
    wrong = {"email": "a@b.c", "password": [secret * 3]}
    assert secret not in shared_front.call("identity.login", body=wrong).text


def test_the_good_values_of_these_tables_are_taken(shared_front: Front, rich: Customer):
    """Otherwise every case above could fail for another reason than its own."""
    world = shared_front.world
    other = world.customer("1000")
    assert shared_front.call("orders.submit_order", other, body=ORDER).status == 202
    assert shared_front.call("identity.register", body=REGISTRATION).status == 201
    path = {"account_id": other.account_id}
    assert shared_front.call("accounts.deposit_cash", other, body=DEPOSIT, path=path).status == 201
    assert json.loads(shared_front.call("accounts.list_accounts", other).text)["accounts"]
