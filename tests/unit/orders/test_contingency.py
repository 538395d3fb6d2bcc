"""What one order of a group means for the others."""

from decimal import Decimal
from typing import Any

import pytest

from hub.domain.kernel import OrderId
from hub.domain.orders.contingency import consequences
from hub.domain.orders.order import Leg, Order, OrderClass, State
from tests.fixtures.values import an_order

GROUP = OrderId("entry")


def member(order_id: str, leg: Leg, state: State, filled: str = "0", **more: Any) -> Order:
    return an_order(
        order_id=OrderId(order_id),
        group_id=GROUP,
        leg=leg,
        order_class=OrderClass.BRACKET,
        state=state,
        filled_quantity=Decimal(filled),
        **more,
    )


def entry(state: State, filled: str = "0") -> Order:
    return member("entry", Leg.ENTRY, state, filled)


def gain(state: State, filled: str = "0", **more: Any) -> Order:
    return member("gain", Leg.TAKE_PROFIT, state, filled, **more)


def loss(state: State, filled: str = "0", **more: Any) -> Order:
    return member("loss", Leg.STOP_LOSS, state, filled, **more)


def told(order: Order, *others: Order) -> list[str]:
    return [
        f"{kind} {other.order_id} {quantity}"
        for kind, other, quantity in consequences(order, [order, *others])
    ]


@pytest.mark.parametrize(
    ("order", "follows"),
    [
        (entry(State.NEW), []),
        (entry(State.PARTIALLY_FILLED, "4"), []),
        (entry(State.REPLACED), []),
        (entry(State.FILLED, "10"), ["activate gain 10", "activate loss 10"]),
        (entry(State.CANCELED, "4"), ["activate gain 4", "activate loss 4"]),
        (entry(State.EXPIRED, "4"), ["activate gain 4", "activate loss 4"]),
        (entry(State.CANCELED), ["cancel gain 0", "cancel loss 0"]),
        (entry(State.EXPIRED), ["cancel gain 0", "cancel loss 0"]),
        (entry(State.REJECTED), ["cancel gain 0", "cancel loss 0"]),
    ],
)
def test_exits_wait_for_the_end_of_their_entry(order: Order, follows: list[str]):
    assert told(order, gain(State.HELD), loss(State.HELD)) == follows


def test_what_the_replaced_entry_had_filled_counts():
    first = member("first", Leg.ENTRY, State.REPLACED, "3")
    assert told(entry(State.CANCELED), first, gain(State.HELD)) == ["activate gain 3"]


@pytest.mark.parametrize(
    ("order", "follows"),
    [
        (gain(State.NEW), []),
        (gain(State.PARTIALLY_FILLED, "4"), ["resize loss 6"]),
        (gain(State.FILLED, "10"), ["cancel loss 0"]),
        (gain(State.CANCELED), ["cancel loss 0"]),
        (gain(State.CANCELED, "4"), ["cancel loss 0"]),
        (gain(State.EXPIRED), ["cancel loss 0"]),
        (gain(State.REJECTED), ["cancel loss 0"]),
        (gain(State.REPLACED), []),
        (gain(State.NEW, quantity=Decimal(7)), ["resize loss 7"]),
    ],
)
def test_exits_are_for_the_same_shares(order: Order, follows: list[str]):
    assert told(order, loss(State.NEW)) == follows
    assert told(order, loss(State.CANCELED)) == []


def test_a_sibling_that_has_filled_a_part_keeps_it():
    other = loss(State.PARTIALLY_FILLED, "2", quantity=Decimal(8))
    assert told(gain(State.PARTIALLY_FILLED, "7"), other) == ["resize loss 5"]


def test_orders_of_their_own_and_of_other_groups_stay_as_they_are():
    stranger = an_order(order_id=OrderId("s"), group_id=OrderId("other"), leg=Leg.STOP_LOSS)
    assert told(gain(State.CANCELED), stranger) == []
    assert told(an_order(state=State.FILLED), loss(State.HELD)) == []


def test_what_was_done_is_not_asked_for_again():
    assert told(gain(State.PARTIALLY_FILLED, "4"), loss(State.NEW, quantity=Decimal(6))) == []
    assert told(entry(State.FILLED, "10"), gain(State.NEW), loss(State.NEW)) == []
