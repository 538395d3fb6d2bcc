"""Replacing: what may change, what is refused, and what the new order takes over."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.kernel import InvalidInputError, OrderId, RejectedError
from hub.domain.orders.order import Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.replacing import Changes, NotReplaceableError, replacement
from tests.fixtures.values import AT, LATER, a_limit, an_order

NEW = OrderId("new")


def resting(**more: Any) -> Order:
    return replace(a_limit(Side.BUY, "99", TimeInForce.GTC), state=State.NEW, **more)


@pytest.mark.parametrize("state", [state for state in State if state not in {
    State.NEW, State.PARTIALLY_FILLED}])  # fmt: skip
def test_only_working_orders_are_replaced_and_the_state_is_named(state: State):
    with pytest.raises(NotReplaceableError) as caught:
        replacement(replace(resting(), state=state), Changes(Decimal(5)), NEW, AT)
    assert caught.value.extra == {"state": state.value}


def test_an_order_of_a_notional_is_not_replaced():
    with pytest.raises(NotReplaceableError):
        replacement(resting(notional=Decimal(5)), Changes(Decimal(5)), NEW, AT)


@pytest.mark.parametrize(("quantity", "left"), [("5", "1"), ("10", "6"), ("4.5", "0.5")])
def test_the_new_order_asks_for_what_is_left_of_the_new_quantity(quantity: str, left: str):
    order = resting(filled_quantity=Decimal(4), filled_value=Decimal(396), fills=1)
    old, new = replacement(order, Changes(Decimal(quantity)), NEW, LATER)
    assert (old.state, old.replaced_by) == (State.REPLACED, NEW)
    assert old.filled_quantity == 4
    assert (new.state, new.replaces, new.quantity) == (State.PENDING_NEW, "o", Decimal(left))
    assert new.fills == new.filled_quantity == new.reserved_cash == 0


@pytest.mark.parametrize("quantity", ["4", "3.999999999", "1"])
def test_a_quantity_that_leaves_nothing_is_refused(quantity: str):
    with pytest.raises(RejectedError) as caught:
        replacement(resting(filled_quantity=Decimal(4)), Changes(Decimal(quantity)), NEW, AT)
    assert caught.value.code == "quantity_below_filled"


STOPPED = an_order(type=OrderType.STOP, stop_price=Decimal(90), state=State.NEW)
TRAILED = an_order(
    type=OrderType.TRAILING_STOP,
    side=Side.SELL,
    state=State.NEW,
    trail_price=Decimal(5),
    water_mark=Decimal(100),
    stop_price=Decimal(95),
)


@pytest.mark.parametrize(
    ("order", "changes", "fault"),
    [
        (resting(), Changes(), "body: required"),
        (resting(), Changes(stop_price=Decimal(1)), "stop_price: not_allowed"),
        (resting(), Changes(trail=Decimal(1)), "trail: not_allowed"),
        (STOPPED, Changes(limit_price=Decimal(1)), "limit_price: not_allowed"),
        (TRAILED, Changes(stop_price=Decimal(1)), "stop_price: not_allowed"),
        (resting(), Changes(limit_price=Decimal("99.001")), "limit_price: price_increment"),
        (replace(STOPPED, triggered_at=AT), Changes(stop_price=Decimal(1)),
         "stop_price: triggered"),
        (resting(), Changes(time_in_force=TimeInForce.GTD), "expire_date: required"),
        (resting(), Changes(expire_date=date(2030, 1, 1)), "expire_date: not_allowed"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_names_its_field(order: Order, changes: Changes, fault: str):
    with pytest.raises(InvalidInputError) as caught:
        replacement(order, changes, NEW, AT)
    assert [f"{each.field}: {each.rule}" for each in caught.value.faults] == [fault]


@pytest.mark.parametrize(("trail", "stop"), [("3", "97"), ("8", "92")])
def test_another_trail_puts_the_stop_behind_the_best_price_seen(trail: str, stop: str):
    _, new = replacement(TRAILED, Changes(trail=Decimal(trail)), NEW, AT)
    assert (new.stop_price, new.water_mark) == (Decimal(stop), Decimal(100))


def test_another_percentage_does_so_as_well():
    order = replace(TRAILED, trail_price=None, trail_percent=Decimal(5))
    _, new = replacement(order, Changes(trail=Decimal(10)), NEW, AT)
    assert (new.trail_percent, new.stop_price) == (Decimal(10), Decimal(90))
