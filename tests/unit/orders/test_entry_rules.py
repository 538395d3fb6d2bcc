"""What an order may ask for: the whole matrix of type, time in force and feature, and its edges."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from functions.orders.submit_order import OrderIn, _asked
from hub.domain.kernel import InvalidInputError, RejectedError
from hub.domain.orders.entry_rules import (
    EntryLimits,
    NewOrder,
    check_form,
    check_price,
    check_value,
    first_stop,
    reserve_price,
)
from hub.domain.orders.events import Touch
from hub.domain.orders.order import OrderClass, OrderType, TimeInForce
from hub.domain.orders.venue import InMarketStop, VenueProfile
from tests.fixtures.orders import BUY, SELL, asked
from tools import generate_order_rules

LIMIT, STOP, STOP_LIMIT = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT
TRAIL = OrderType.TRAILING_STOP
TOUCH, LIMITS = Touch(Decimal(100), Decimal(101)), EntryLimits()
CELLS = list(generate_order_rules.cells())

# The rules once more, as they are written down (requirements, order-semantics 2 and 3), so that a
# change of the tables does not change what is expected of them.
AT_ONCE_OR_AT_A_PRINT = {"ioc", "fok", "opg", "cls"}


def expected(type_: str, tif: str, feature: str) -> set[str]:
    waits = tif not in AT_ONCE_OR_AT_A_PRINT
    faults = set()
    if type_ in {"stop", "stop_limit", "trailing_stop"} and not waits:
        faults.add("time_in_force: type")
    types, tifs, field = {
        "plain": (None, None, ""),
        "fractional quantity": ({"market", "limit"}, {"day"}, "quantity"),
        "notional": ({"market"}, {"day"}, "notional"),
        "extended_hours": ({"limit"}, {"day"}, "extended_hours"),
        "post_only": ({"limit"}, {"day", "gtc", "gtd"}, "post_only"),
        "bracket": (set(OrderType) - {TRAIL}, {"day", "gtc", "gtd"}, "order_class"),
        "oto": (set(OrderType) - {TRAIL}, {"day", "gtc", "gtd"}, "order_class"),
        "oco": ({"limit"}, {"day", "gtc", "gtd"}, "order_class"),
    }[feature]
    if types is not None and type_ not in types:
        faults.add(f"{field}: type")
    if tifs is not None and tif not in tifs:
        faults.add(f"{field}: time_in_force")
    return faults


@pytest.mark.parametrize(
    ("type_", "tif", "feature", "faults"), CELLS, ids=lambda each: str(each).replace(" ", "_")
)
def test_each_cell_passes_or_names_the_field_and_the_rule(
    type_: OrderType, tif: TimeInForce, feature: str, faults: tuple[str, ...]
):
    assert set(faults) == expected(type_, tif, feature)


def test_the_matrix_is_whole():
    assert len(CELLS) == len(OrderType) * len(TimeInForce) * 8
    assert len({cell[:3] for cell in CELLS}) == len(CELLS)


def test_the_table_of_the_page_says_what_the_check_does():
    page = generate_order_rules.TARGET.read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w{3})` \| (.*) \|$", page, re.MULTILINE)
    told = {
        (type_, tif, feature): set() if cell == "yes" else set(re.findall(r"`([^`]+)`", cell))
        for type_, tif, cells in rows
        for feature, cell in zip(generate_order_rules.COLUMNS, cells.split(" | "), strict=True)
    }
    assert told == {(type_, tif, name): set(faults) for type_, tif, name, faults in CELLS}


@pytest.mark.parametrize(("title", "body"), generate_order_rules.EXAMPLES)
def test_the_examples_of_the_page_are_requests_that_are_taken(title: str, body: dict[str, Any]):
    check_form(_asked(OrderIn.model_validate_json(json.dumps(body))))


WITH: dict[str, Any] = {"limit_price": "100", "gain": "110", "loss": "90"}


@pytest.mark.parametrize(
    ("order", "faults"),
    [
        (asked(quantity=None), {"quantity: one_of"}),
        (asked(notional="5", tif=TimeInForce.DAY), {"quantity: one_of"}),
        (asked(limit_price="1"), {"limit_price: not_allowed"}),
        (asked(type_=LIMIT), {"limit_price: required"}),
        (asked(type_=LIMIT, limit_price="1", stop_price="1"), {"stop_price: not_allowed"}),
        (asked(type_=STOP), {"stop_price: required"}),
        (asked(type_=STOP, stop_price="1", limit_price="1"), {"limit_price: not_allowed"}),
        (asked(type_=STOP_LIMIT), {"limit_price: required", "stop_price: required"}),
        (asked(type_=TRAIL), {"trail_price: one_of"}),
        (asked(type_=TRAIL, trail_price="1", trail_percent="1"), {"trail_price: one_of"}),
        (asked(trail_price="1"), {"trail_price: not_allowed"}),
        (asked(trail_percent="1"), {"trail_percent: not_allowed"}),
        (asked(tif=TimeInForce.GTD), {"expire_date: required"}),
        (asked(expire_date=date(2030, 1, 1)), {"expire_date: not_allowed"}),
        (asked(type_=LIMIT, limit_price="1.001"), {"limit_price: price_increment"}),
        (asked(type_=LIMIT, limit_price="0.99991"), {"limit_price: price_increment"}),
        (asked(type_=LIMIT, limit_price="0.9999"), set()),
        (asked(type_=STOP, stop_price="1.001"), {"stop_price: price_increment"}),
        (asked(type_=TRAIL, trail_price="1.001"), {"trail_price: price_increment"}),
        (asked(gain="110")._replace(order_class=OrderClass.SIMPLE), {"take_profit: order_class"}),
        (asked(gain="110")._replace(order_class=OrderClass.BRACKET), {"stop_loss: required"}),
        (asked(gain="110", loss="90", order_class=OrderClass.OTO),
         {"take_profit: one_of"}),
        (asked(order_class=OrderClass.OTO), {"take_profit: one_of"}),
        (asked(gain="110.001", loss="90"), {"take_profit.limit_price: price_increment"}),
        (asked(gain="90", loss="110"), {"take_profit.limit_price: exit_side"}),
        (asked(gain="100", loss="100"), {"take_profit.limit_price: exit_side"}),
        (asked(type_=LIMIT, **{**WITH, "gain": "100"}), {"take_profit.limit_price: exit_side"}),
        (asked(type_=LIMIT, **{**WITH, "loss": "100"}), {"stop_loss.stop_price: exit_side"}),
        (asked(type_=LIMIT, **WITH), set()),
        (asked(SELL, LIMIT, limit_price="100", gain="90", loss="110"), set()),
        (asked(SELL, LIMIT, **WITH), {"take_profit.limit_price: exit_side",
                                      "stop_loss.stop_price: exit_side"}),
        (asked(SELL, LIMIT, **WITH, order_class=OrderClass.OCO), {"limit_price: not_allowed",}),
        (asked(SELL, LIMIT, gain="110", loss="90", order_class=OrderClass.OCO), set()),
        (asked(SELL, LIMIT, gain="110", loss="90", order_class=OrderClass.OCO, post_only=True),
         {"post_only: order_class"}),
        (asked(quantity="1.5", tif=TimeInForce.DAY, gain="110", loss="90"),
         {"quantity: order_class"}),
    ],
)  # fmt: skip
def test_rules_between_fields_are_named(order: NewOrder, faults: set[str]):
    assert set(generate_order_rules.verdict(order)) == faults


def test_all_faults_are_told_at_once():
    with pytest.raises(InvalidInputError) as caught:
        check_form(asked(type_=STOP, quantity=None, tif=TimeInForce.IOC, limit_price="1.001"))
    assert {fault.field for fault in caught.value.faults} == {
        "quantity", "stop_price", "limit_price", "time_in_force",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (asked(BUY, LIMIT, limit_price="151.50"), None),
        (asked(BUY, LIMIT, limit_price="151.51"), "price_out_of_tolerance"),
        (asked(SELL, LIMIT, limit_price="50.00"), None),
        (asked(SELL, LIMIT, limit_price="49.99"), "price_out_of_tolerance"),
        (asked(BUY, LIMIT, limit_price="0.01"), None),
        (asked(BUY, STOP_LIMIT, stop_price="300", limit_price="301"), None),
        (asked(SELL, TRAIL, trail_price="99.99"), None),
        (asked(SELL, TRAIL, trail_price="100"), "price_out_of_tolerance"),
        (asked(BUY, STOP, stop_price="101.01"), None),
        (asked(BUY, STOP, stop_price="101"), "stop_in_market"),
        (asked(SELL, STOP, stop_price="100"), "stop_in_market"),
        (asked(SELL, STOP, stop_price="99.99"), None),
    ],
)
def test_prices_are_held_against_the_market(order: NewOrder, code: str | None):
    profile = VenueProfile(in_market_stop=InMarketStop.REJECT)
    if code is None:
        check_price(order, TOUCH, LIMITS, profile)
        return
    with pytest.raises(RejectedError) as caught:
        check_price(order, TOUCH, LIMITS, profile)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (asked(quantity="0.000099000", tif=TimeInForce.DAY), "order_too_small"),
        (asked(quantity="0.000100000", tif=TimeInForce.DAY), None),
        (asked(quantity=None, notional="0.009", tif=TimeInForce.DAY), "order_too_small"),
        (asked(SELL, quantity="0.000000001", tif=TimeInForce.DAY), None),
        (asked(BUY, LIMIT, "1000000000", limit_price="90"), "order_too_large"),
        (asked(BUY, LIMIT, "500000000", limit_price="200"), None),
        (asked(quantity=None, notional="100000000001", tif=TimeInForce.DAY), "order_too_large"),
        (asked(BUY, STOP, "1000000000", stop_price="102"), "order_too_large"),
    ],
)
def test_an_order_is_worth_something_and_not_too_much(order: NewOrder, code: str | None):
    if code is None:
        check_value(order, TOUCH, LIMITS)
        return
    with pytest.raises(RejectedError) as caught:
        check_value(order, TOUCH, LIMITS)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("order", "stop"),
    [
        (asked(), None),
        (asked(BUY, STOP, stop_price="105"), "105"),
        (asked(BUY, TRAIL, trail_price="2"), "103"),
        (asked(SELL, TRAIL, trail_percent="10"), "90"),
    ],
)
def test_where_a_stop_stands_at_first(order: NewOrder, stop: str | None):
    assert first_stop(order, TOUCH) == (None if stop is None else Decimal(stop))


@pytest.mark.parametrize(
    ("limit", "stop", "price"),
    [("99", None, "99"), ("99", "98", "99"), (None, None, "104"), (None, "200", "208"),
     (None, "50", "104")],
)  # fmt: skip
def test_money_is_reserved_for_the_limit_or_with_the_collar(
    limit: str | None, stop: str | None, price: str
):
    at, from_ = (Decimal(each) if each else None for each in (limit, stop))
    assert reserve_price(at, from_, Decimal(100), LIMITS) == Decimal(price)
