"""The ladder: its delays, and what a look at the order says of trying once more."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hub.domain.orders.order import Leg, OrderClass, Side, State
from hub.domain.orders.recovery import LADDER, Sense, delay_before, sense_of
from tests.fixtures.values import AT, an_order

LATER = AT + timedelta(hours=1)


def test_the_ladder_is_five_minutes_a_quarter_an_hour_six_hours_and_then_a_person():
    minutes = [delay.total_seconds() / 60 for delay in LADDER]
    assert minutes == [5, 15, 60, 360]
    assert [delay_before(tries) for tries in range(4)] == list(LADDER)
    assert [delay_before(tries) for tries in (4, 5, 1000)] == [None] * 3


@pytest.mark.parametrize("state", sorted(State))
def test_every_state_says_whether_a_try_makes_sense(state: State):
    order = replace(an_order(state=state), expires_at=LATER)
    order = order.reserving(Decimal(100), Decimal(0))
    expected = Sense.ENDED if order.is_terminal or state is State.HELD else Sense.TRY
    assert sense_of(order, AT, tradable=True) is expected


@pytest.mark.parametrize("state", [State.PENDING_NEW, State.ACCEPTED, State.NEW])
def test_an_open_order_whose_time_is_over_has_to_be_ended(state: State):
    order = replace(an_order(state=state), expires_at=AT)
    assert sense_of(order, AT, tradable=True) is Sense.EXPIRED


def test_while_the_market_is_closed_an_order_is_tried_until_it_is_queued():
    order = an_order(state=State.PENDING_NEW).reserving(Decimal(100), Decimal(0))
    assert sense_of(order, AT, tradable=False) is Sense.TRY
    queued = replace(order, state=State.ACCEPTED)
    assert sense_of(queued, AT, tradable=False) is Sense.WAITS


@pytest.mark.parametrize(
    ("side", "cash", "quantity", "sense"),
    [
        (Side.BUY, 1, 0, Sense.TRY),
        (Side.BUY, 0, 0, Sense.UNFOUNDED),
        (Side.SELL, 0, 1, Sense.TRY),
        (Side.SELL, 0, 0, Sense.UNFOUNDED),
    ],
)
def test_an_order_on_its_way_in_holds_a_reservation(
    side: Side, cash: int, quantity: int, sense: Sense
):
    order = replace(an_order(state=State.PENDING_NEW), side=side)
    order = order.reserving(Decimal(cash), Decimal(quantity))
    assert sense_of(order, AT, tradable=True) is sense


def test_an_exit_may_hold_nothing_for_it_shares_what_the_other_holds():
    order = replace(
        an_order(state=State.ACCEPTED), order_class=OrderClass.OCO, leg=Leg.TAKE_PROFIT
    ).reserving(Decimal(0), Decimal(0))
    assert sense_of(order, AT, tradable=True) is Sense.TRY
