"""One order against one event: arrivals, touches, sizes, elections, prints, and the dice."""

from decimal import Decimal

import pytest

from hub.domain.orders.events import Condition, Market, supply_of
from hub.domain.orders.matching import Action, Step, arrive, meet_quote, meet_trade, take_step
from hub.domain.orders.order import IllegalMoveError, Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.venue import Basis, InMarketStop, TriggerSource, VenueProfile
from tests.fixtures.orders import BUY, SELL, quote, trade
from tests.fixtures.values import AT, LATER, an_order

QUOTE = VenueProfile(triggers=TriggerSource.QUOTE)
LAST = VenueProfile(basis=Basis.LAST)
LIMIT, STOP, STOP_LIMIT = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT


def working(side: Side = BUY, type_: OrderType = OrderType.MARKET, **more: object) -> Order:
    prices = {
        name: Decimal(str(value)) if name.endswith(("price", "percent", "mark")) else value
        for name, value in {"time_in_force": TimeInForce.GTC, **more}.items()
    }
    return an_order(side=side, type=type_, state=State.NEW, **prices)


def standing(bid: str = "100", ask: str = "101", size: str = "100") -> Market:
    event = quote(bid, ask, size)
    return Market().at_quote(event, supply_of(event, displayed=True))


def told(steps: tuple[Step, ...]) -> list[str]:
    return [
        f"fill {step.quantity:f} at {step.price:f}"
        if step.action is Action.FILL
        else " ".join(filter(None, (step.action.value, step.reason)))
        for step in steps
    ]


@pytest.mark.parametrize(
    ("order", "size", "steps"),
    [
        (working(), "100", ["fill 10 at 101"]),
        (working(SELL), "100", ["fill 10 at 100"]),
        (working(), "4", ["fill 4 at 101"]),
        (working(), "0", []),
        (working(time_in_force=TimeInForce.IOC), "4", ["fill 4 at 101", "cancel rest_not_filled"]),
        (working(time_in_force=TimeInForce.IOC), "0", ["cancel rest_not_filled"]),
        (working(time_in_force=TimeInForce.FOK), "9", ["cancel not_filled_whole"]),
        (working(time_in_force=TimeInForce.FOK), "10", ["fill 10 at 101"]),
        (working(time_in_force=TimeInForce.OPG), "100", []),
        (working(type_=LIMIT, limit_price="101"), "100", ["fill 10 at 101"]),
        (working(type_=LIMIT, limit_price="105"), "100", ["fill 10 at 101"]),
        (working(type_=LIMIT, limit_price="100.99"), "100", []),
        (working(SELL, LIMIT, limit_price="100"), "100", ["fill 10 at 100"]),
        (working(type_=LIMIT, limit_price="100", time_in_force=TimeInForce.FOK), "100",
         ["cancel not_marketable"]),
        (working(type_=LIMIT, limit_price="101", post_only=True), "100",
         ["reject post_only_would_take"]),
        (working(type_=LIMIT, limit_price="100.99", post_only=True), "100", []),
        (working(type_=STOP, stop_price="101"), "100", ["trigger", "fill 10 at 101"]),
        (working(type_=STOP, stop_price="101.01"), "100", []),
        (working(SELL, STOP, stop_price="100"), "3", ["trigger", "fill 3 at 100"]),
        (working(type_=STOP_LIMIT, stop_price="101", limit_price="100.5"), "100", ["trigger"]),
    ],
)  # fmt: skip
def test_an_arrival_meets_the_market_as_it_stands(order: Order, size: str, steps: list[str]):
    assert told(arrive(order, standing(size=size), QUOTE)) == steps


@pytest.mark.parametrize(
    ("order", "bid", "ask", "steps"),
    [
        (working(type_=LIMIT, limit_price="99"), "98", "99", ["fill 5 at 99"]),
        (working(type_=LIMIT, limit_price="99"), "98", "98.99", ["fill 10 at 99"]),
        (working(type_=LIMIT, limit_price="99"), "98", "99.01", []),
        (working(SELL, LIMIT, limit_price="102"), "102", "103", ["fill 5 at 102"]),
        (working(SELL, LIMIT, limit_price="102"), "102.01", "103", ["fill 10 at 102"]),
        (working(SELL, LIMIT, limit_price="102"), "101.99", "103", []),
        (working(type_=STOP, stop_price="103"), "102", "103", ["trigger", "fill 5 at 103"]),
        (working(SELL, OrderType.TRAILING_STOP, trail_price="2", water_mark="100",
                 stop_price="98"), "101", "102", ["trail"]),
        (working(SELL, OrderType.TRAILING_STOP, trail_price="2", water_mark="100",
                 stop_price="98"), "100", "102", []),
        (working(SELL, OrderType.TRAILING_STOP, trail_price="2", water_mark="100",
                 stop_price="98"), "98", "102", ["trigger", "fill 5 at 98"]),
    ],
)  # fmt: skip
def test_a_resting_order_meets_a_quote(order: Order, bid: str, ask: str, steps: list[str]):
    market = standing(bid, ask, "5")
    assert market.quote is not None
    assert told(meet_quote(order, market.quote, market, QUOTE)) == steps


@pytest.mark.parametrize(
    ("order", "price", "steps"),
    [
        (working(type_=LIMIT, limit_price="99"), "99", ["fill 5 at 99"]),
        (working(type_=LIMIT, limit_price="99"), "98.99", ["fill 10 at 99"]),
        (working(type_=LIMIT, limit_price="99"), "99.01", []),
        (working(type_=STOP, stop_price="103"), "104", ["trigger", "fill 5 at 104"]),
        (working(SELL, STOP, stop_price="98"), "97", ["trigger", "fill 5 at 97"]),
        (working(SELL, STOP, stop_price="98"), "98.01", []),
        (working(type_=STOP_LIMIT, stop_price="103", limit_price="103.5"), "104", ["trigger"]),
    ],
)
def test_a_resting_order_meets_a_print(order: Order, price: str, steps: list[str]):
    event = trade(price, "5")
    market = standing().at_trade(event, supply_of(event, displayed=True))
    assert told(meet_trade(order, event, market, LAST)) == steps
    if not order.waits_for_trigger:
        assert meet_trade(order, event, market, QUOTE) == ()


@pytest.mark.parametrize("tif", [TimeInForce.OPG, TimeInForce.CLS])
@pytest.mark.parametrize("condition", Condition)
def test_only_its_own_print_fills_an_opening_or_closing_order(
    tif: TimeInForce, condition: Condition
):
    its = {TimeInForce.OPG: Condition.OPENING, TimeInForce.CLS: Condition.CLOSING}[tif]
    event = trade("100", "1", condition=condition)
    steps = meet_trade(working(time_in_force=tif), event, standing(), QUOTE)
    assert told(steps) == (["fill 10 at 100"] if condition is its else [])


def test_a_limit_that_misses_its_print_is_canceled():
    event = trade("100", condition=Condition.OPENING)
    order = working(type_=LIMIT, limit_price="99.99", time_in_force=TimeInForce.OPG)
    [step] = meet_trade(order, event, standing(), QUOTE)
    after = take_step(order, step, LATER)
    assert (after.state, after.reason_code) == (State.CANCELED, "missed_the_print")


def test_a_stop_in_the_market_is_refused_where_the_venue_does_so():
    profile = QUOTE._replace(in_market_stop=InMarketStop.REJECT)
    [step] = arrive(working(type_=STOP, stop_price="101"), standing(), profile)
    rejected = take_step(working(type_=STOP, stop_price="101"), step, AT)
    assert (rejected.state, rejected.reason_code) == (State.REJECTED, "stop_in_market")


def test_a_level_is_shared_until_it_is_used_up():
    market = standing(size="15")
    assert told(arrive(working(), market, QUOTE)) == ["fill 10 at 101"]
    assert told(arrive(working(), market, QUOTE)) == ["fill 5 at 101"]
    assert told(arrive(working(), market, QUOTE)) == []
    assert told(arrive(working(SELL), market, QUOTE)) == ["fill 10 at 100"]


def test_the_dice_cut_the_same_fills_when_they_are_thrown_again():
    always = QUOTE._replace(partial_fills=Decimal(1), seed=7)
    first = arrive(working(), standing(), always)
    assert told(first) == told(arrive(working(), standing(), always))
    assert 1 <= first[0].quantity < 10
    sizes = {
        arrive(working(), standing(), always._replace(seed=seed))[0].quantity for seed in range(20)
    }
    assert len(sizes) > 1


def test_the_dice_never_cut_what_must_be_whole():
    always = QUOTE._replace(partial_fills=Decimal(1))
    order = working(time_in_force=TimeInForce.FOK)
    assert told(arrive(order, standing(), always)) == ["fill 10 at 101"]


def test_a_notional_buys_what_its_money_gives_at_the_price_that_it_meets():
    order = working(notional=Decimal(250))
    [step] = arrive(order, standing(), QUOTE)
    assert step.quantity == Decimal("2.475247524")
    assert take_step(order, step, AT).state is State.FILLED


def test_a_fill_beyond_the_order_is_an_illegal_move():
    with pytest.raises(IllegalMoveError):
        take_step(working(), Step(Action.FILL, Decimal(11), Decimal(1)), AT)
