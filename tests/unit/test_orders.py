"""The order's states, what the market does to it, and what it must satisfy on its way in."""

from decimal import Decimal

import pytest

from hub.domain.accounts.balance import insufficient
from hub.domain.accounts.position import insufficient_holdings
from hub.domain.kernel import InvalidInputError, RejectedError
from hub.domain.orders.entry_rules import (
    EntryLimits,
    NewOrder,
    cash_to_reserve,
    check_form,
    check_price,
)
from hub.domain.orders.matching import Match, Outcome, Touch, match_on_arrival, match_resting
from hub.domain.orders.order import (
    CANCELABLE,
    MOVES,
    TERMINAL,
    IllegalMoveError,
    OrderType,
    Side,
    State,
    TimeInForce,
    status_of,
)
from tests.fixtures.values import LATER, a_limit, an_order

D = Decimal

# The table of the rules, written out a second time: a slip in either shows.
LEGAL = {
    "pending_new": "accepted new rejected",
    "accepted": "new canceled rejected",
    "held": "new canceled",
    "new": "partially_filled filled canceled expired pending_cancel pending_replace replaced"
    " rejected",
    "partially_filled": "partially_filled filled canceled expired pending_cancel pending_replace"
    " replaced",
    "pending_cancel": "canceled new partially_filled filled",
    "pending_replace": "replaced new partially_filled filled",
    "filled": "",
    "canceled": "",
    "expired": "",
    "rejected": "",
    "replaced": "",
}
PAIRS = [(before, after) for before in State for after in State]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_an_order_moves_exactly_where_the_table_allows(before: State, after: State):
    order = an_order(state=before)
    if after in LEGAL[before].split():
        moved = order.move(after, LATER)
        assert (moved.state, moved.updated_at, order.state) == (after, LATER, before)
    else:
        with pytest.raises(IllegalMoveError, match=f"{before}.*{after}"):
            order.move(after, LATER)


def test_the_table_knows_every_state():
    assert set(MOVES) == set(State) == {State(each) for each in LEGAL}
    assert {each for each, moves in LEGAL.items() if not moves} == TERMINAL


def test_no_ended_order_can_be_canceled_and_none_that_can_is_ended():
    assert not CANCELABLE & TERMINAL
    for state in CANCELABLE - {State.PENDING_NEW}:
        assert State.CANCELED in MOVES[state]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("pending_new", "PENDING"),
        ("accepted", "PENDING"),
        ("held", "PENDING"),
        ("new", "PROCESSING"),
        ("partially_filled", "PROCESSING"),
        ("pending_cancel", "PROCESSING"),
        ("pending_replace", "PROCESSING"),
        ("filled", "EXECUTED"),
        ("rejected", "FAILED"),
        ("canceled", "CANCELLED"),
        ("expired", "CANCELLED"),
        ("replaced", "CANCELLED"),
    ],
)
def test_each_state_has_its_plain_status(state: str, status: str):
    assert status_of(State(state)) == status


def test_a_fill_of_a_part_leaves_the_rest_open():
    order = an_order(state=State.NEW).fill(D(4), D("10.5"), LATER)
    assert (order.state, order.open_quantity, order.fills) == (State.PARTIALLY_FILLED, D(6), 1)
    assert (order.average_price, order.executed_at) == (D("10.5"), None)
    done = order.fill(D(6), D("11.5"), LATER)
    assert (done.state, done.open_quantity, done.fills) == (State.FILLED, D(0), 2)
    assert (done.average_price, done.executed_at) == (D("11.1"), LATER)


@pytest.mark.parametrize("quantity", ["0", "-1", "10.000000001", "11"])
def test_a_fill_fits_what_is_open(quantity: str):
    with pytest.raises(IllegalMoveError):
        an_order(state=State.NEW).fill(D(quantity), D(1), LATER)


@pytest.mark.parametrize("state", [each for each in State if State.FILLED not in MOVES[each]])
def test_an_order_that_is_not_working_does_not_fill(state: State):
    with pytest.raises(IllegalMoveError):
        an_order(state=state).fill(D(10), D(1), LATER)


def test_nothing_filled_has_no_average_price():
    assert an_order().average_price is None


TOUCH = Touch(D("99.98"), D("100.02"))


@pytest.mark.parametrize(
    ("side", "limit", "outcome", "price"),
    [
        (Side.BUY, "100.01", Outcome.REST, None),
        (Side.BUY, "100.02", Outcome.FILL, "100.02"),
        (Side.BUY, "120", Outcome.FILL, "100.02"),
        (Side.SELL, "99.99", Outcome.REST, None),
        (Side.SELL, "99.98", Outcome.FILL, "99.98"),
        (Side.SELL, "80", Outcome.FILL, "99.98"),
    ],
)
@pytest.mark.parametrize("tif", list(TimeInForce))
def test_a_limit_that_arrives_fills_at_the_other_side_or_rests_if_it_may(
    side: Side, limit: str, outcome: Outcome, price: str | None, tif: TimeInForce
):
    match = match_on_arrival(a_limit(side, limit, tif), TOUCH)
    if price is not None:
        assert match == Match(Outcome.FILL, D(price), D(10))
    elif tif in {TimeInForce.IOC, TimeInForce.FOK}:
        assert match == Match(Outcome.CANCEL)
    else:
        assert match == Match(outcome)


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, "100.02"), (Side.SELL, "99.98")])
def test_a_market_order_fills_whole_at_the_other_side(side: Side, price: str):
    order = an_order(side=side, state=State.PARTIALLY_FILLED, filled_quantity=D(4))
    assert match_on_arrival(order, TOUCH) == Match(Outcome.FILL, D(price), D(6))


@pytest.mark.parametrize(
    ("side", "limit", "fills"),
    [
        (Side.BUY, "100.02", True),
        (Side.BUY, "100.01", False),
        (Side.BUY, "101", True),
        (Side.SELL, "99.98", True),
        (Side.SELL, "99.99", False),
        (Side.SELL, "99", True),
    ],
)
def test_a_resting_limit_fills_at_its_own_price_once_reached(side: Side, limit: str, fills: bool):
    expected = Match(Outcome.FILL, D(limit), D(10)) if fills else Match(Outcome.REST)
    assert match_resting(a_limit(side, limit), TOUCH) == expected


def asked(
    side: str = "buy",
    limit: str | None = None,
    quantity: str = "1",
    tif: str = "day",
    kind: str | None = None,
) -> NewOrder:
    wanted = kind or ("limit" if limit else "market")
    price = D(limit) if limit else None
    return NewOrder("AAPL", Side(side), OrderType(wanted), TimeInForce(tif), D(quantity), price)


@pytest.mark.parametrize(
    ("order", "faults"),
    [
        (asked(), set()),
        (asked(limit="1.00"), set()),
        (asked(limit="0.9999"), set()),
        (asked(quantity="0.000000001"), set()),
        (asked(quantity="2.000", tif="gtc"), set()),
        (asked(kind="limit"), {("limit_price", "required")}),
        (asked(kind="market", limit="1.00"), {("limit_price", "not_allowed")}),
        (asked(limit="1.001"), {("limit_price", "price_increment")}),
        (asked(limit="0.99999"), {("limit_price", "price_increment")}),
        (asked(quantity="0.5", tif="gtc"), {("quantity", "whole_shares")}),
        (asked(quantity="0.5", tif="ioc"), {("quantity", "whole_shares")}),
        (
            asked(quantity="1.5", tif="fok", limit="1.234", kind="market"),
            {
                ("quantity", "whole_shares"),
                ("limit_price", "not_allowed"),
                ("limit_price", "price_increment"),
            },
        ),
    ],
)
def test_the_form_of_an_order(order: NewOrder, faults: set[tuple[str, str]]):
    found: set[tuple[str, str]] = set()
    try:
        check_form(order)
    except InvalidInputError as error:
        found = {(fault.field, fault.rule) for fault in error.faults}
    assert found == faults


@pytest.mark.parametrize(
    ("side", "limit", "taken"),
    [
        ("buy", "150.03", True),
        ("buy", "150.04", False),
        ("buy", "0.01", True),
        ("sell", "49.99", True),
        ("sell", "49.98", False),
        ("sell", "9000", True),
        ("buy", None, True),
    ],
)
def test_only_a_limit_far_through_the_market_is_refused(side: str, limit: str | None, taken: bool):
    order = asked(side, limit)
    if taken:
        check_price(order, TOUCH, EntryLimits())
    else:
        with pytest.raises(RejectedError) as refused:
            check_price(order, TOUCH, EntryLimits())
        assert refused.value.faults[0][:2] == ("limit_price", "tolerance")
        assert D(refused.value.extra["bound"]) in {D("150.03"), D("49.99")}


def test_amounts_in_refusals_are_written_without_exponents():
    with pytest.raises(RejectedError) as far:
        check_price(asked(limit="601"), Touch(D("399.9"), D(400)), EntryLimits())
    assert far.value.extra == {"market_price": "400.00", "bound": "600.00"}
    holdings = insufficient_holdings(D("0E-9"), D("0.000000001"))
    assert holdings.extra == {"available": "0", "required": "0.000000001"}
    assert holdings.detail == "the order sells 0.000000001, 0 can be sold"
    assert insufficient(D("5.000000"), D("1E+2")).extra == {
        "available": "5.00",
        "required": "100.00",
    }


def test_a_buy_reserves_its_limit_or_the_padded_ask():
    assert cash_to_reserve(asked(limit="99.99", quantity="3"), TOUCH, EntryLimits()) == D("299.97")
    assert cash_to_reserve(asked(quantity="3"), TOUCH, EntryLimits()) == D("312.0624")
