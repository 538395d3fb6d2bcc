"""What crosses the wire: whatever is sent, it is taken exactly or refused by name."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hub.application.orders.list_order_history import place_of
from hub.domain.identity.credentials import Estimate, check_password, normal_email
from hub.domain.kernel import Fault, InvalidInputError
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.clock import MarketClock
from hub.entrypoints.body import read_json
from hub.entrypoints.wire import AmountIn, Money, PriceIn, Quantity, QuantityIn, Symbol, UuidText

QUANTITY: TypeAdapter[Decimal] = TypeAdapter(QuantityIn)
PRICE: TypeAdapter[Decimal] = TypeAdapter(PriceIn)
AMOUNT: TypeAdapter[Decimal] = TypeAdapter(AmountIn)
PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
JSON = "application/json"


def taken(adapter: TypeAdapter[Decimal], value: Any) -> Decimal | None:
    try:
        return adapter.validate_python(value, strict=True)
    except ValidationError:
        return None


def refusal(work: Callable[[], object]) -> tuple[Fault, ...] | None:
    """What is wrong, as it is said; None where nothing is. Any other error is a defect."""
    try:
        work()
    except InvalidInputError as error:
        return error.faults
    return None


@given(
    st.text(max_size=40)
    | st.text("0123456789._-+eE ,xNaInf٣１", max_size=24)  # noqa: RUF001  # digits of other scripts
    | st.decimals().map(str)
)
@settings(max_examples=400)
def test_a_decimal_is_taken_exactly_or_not_at_all(text: str):
    for adapter, places in ((QUANTITY, 9), (PRICE, 4), (AMOUNT, 2)):
        value = taken(adapter, text)
        fraction = text.partition(".")[2]
        good = (
            PLAIN.fullmatch(text) is not None
            and 0 < Decimal(text) <= 10**9
            and len(fraction) <= places
        )
        assert (value is not None) == good
        if value is not None:
            assert value == Decimal(text)


@given(st.floats() | st.booleans() | st.none() | st.lists(st.integers()) | st.binary())
def test_what_is_no_exact_number_is_never_an_amount(value: Any):
    """JSON's own fractions arrive as Decimal; a float could only be a slip of ours."""
    assert taken(AMOUNT, value) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12)))
def test_money_goes_out_as_text_that_is_the_number(value: Decimal):
    text = json.loads(TypeAdapter(Money).dump_json(value))
    assert Decimal(text) == value
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{2,6}", text)


@given(st.integers(0, 10**18).map(lambda units: Decimal(units).scaleb(-9)))
def test_a_quantity_that_goes_out_comes_back_in(value: Decimal):
    text = json.loads(TypeAdapter(Quantity).dump_json(value))
    if 0 < value <= 10**9:
        assert QUANTITY.validate_python(text) == value


@given(st.text(max_size=12))
def test_a_symbol_is_ascii_capitals_or_refused(text: str):
    good = re.fullmatch(r"[A-Z][A-Z0-9.]{0,9}", text, re.ASCII) is not None
    try:
        TypeAdapter(Symbol).validate_python(text)
    except ValidationError:
        assert not good
    else:
        assert good


@given(st.uuids().map(str) | st.text(max_size=40))
def test_an_id_has_one_spelling(text: str):
    spelled = re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text)
    try:
        TypeAdapter(UuidText).validate_python(text)
    except ValidationError:
        assert spelled is None
    else:
        assert spelled is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


def has_nul(value: Any) -> bool:
    return "\\u0000" in json.dumps(value)


@given(VALUES)
def test_any_json_is_read_as_what_it_says(value: Any):
    event = {"body": json.dumps(value)}
    if has_nul(value):
        with pytest.raises(InvalidInputError):
            read_json(event, JSON)
    else:
        assert read_json(event, JSON) == value


@given(st.text(max_size=200) | st.text('{}[]":,0123456789eE.-\\u tnfa', max_size=80), st.booleans())
@settings(max_examples=400)
def test_any_text_is_read_or_refused_by_name(text: str, encoded: bool):
    faults = refusal(lambda: read_json({"body": text, "isBase64Encoded": encoded}, JSON))
    assert faults is None or {fault.field for fault in faults} == {"body"}


@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda b: urlsafe_b64encode(b).decode()))
@settings(max_examples=400)
def test_any_cursor_is_a_place_or_refused_by_name(cursor: str):
    faults = refusal(lambda: place_of(cursor))
    if faults is None:
        moment, order_id = place_of(cursor)
        assert moment.tzinfo is UTC
        assert len(order_id) == 36
    else:
        assert [fault.field for fault in faults] == ["cursor"]


@given(st.recursive(st.integers() | st.text(max_size=9), st.lists, max_leaves=6))
def test_any_json_in_a_cursor_is_a_place_or_refused(value: Any):
    cursor = urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    with pytest.raises(InvalidInputError):
        place_of(cursor)


@given(st.emails())
def test_an_address_has_one_normal_form(address: str):
    normal = normal_email(address)
    assert normal_email(normal) == normal
    assert normal_email(f" {address.upper()}\t") == normal_email(address.upper())


@given(st.text(max_size=140), st.booleans(), st.integers(0, 4))
def test_a_password_is_judged_by_length_context_and_estimate_alone(
    password: str, common: bool, score: int
):
    email, name = "ada@example.com", "Lovelace"
    left = password.casefold()
    for word in (email, "example.com", "brokerage", "lovelace"):
        left = left.replace(word, "")
    made_of_words = len(left) < min(4, len(password))
    good = 8 <= len(password) <= 128 and not made_of_words and not common and score >= 3
    estimate = Estimate(lambda _password: common, lambda _password, _words: score)
    faults = refusal(lambda: check_password(password, email, name, estimate))
    assert [fault.field for fault in faults or ()] == ([] if good else ["password"])


@given(st.sets(st.integers(0, 400), min_size=5, max_size=60), st.data())
def test_settlement_is_that_many_sessions_after_the_trade(days: set[int], data: st.DataObject):
    first = date(2015, 1, 1)
    traded_on = [first + timedelta(days=each) for each in sorted(days)]
    calendar = Calendar(
        Session("BVMF", day, datetime(day.year, day.month, day.day, 14, tzinfo=UTC),
                datetime(day.year, day.month, day.day, 21, tzinfo=UTC))
        for day in traded_on
    )  # fmt: skip
    place = data.draw(st.integers(0, len(traded_on) - 4))
    assert calendar.settlement_date(traded_on[place]) == traded_on[place + 3]


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone


@given(MOMENTS, MOMENTS, st.floats(0, 10_000), st.lists(st.floats(-60, 600), max_size=8))
def test_market_time_never_goes_back(
    market: datetime, wall: datetime, speed: float, moments: list[float]
):
    clock = MarketClock(market, wall, speed, market + timedelta(hours=7))
    shown = [clock.at(wall + timedelta(seconds=each)) for each in sorted(moments)]
    assert shown == sorted(shown)
    assert all(market <= each <= market + timedelta(hours=7) for each in shown)
