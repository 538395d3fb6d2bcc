"""The venue in memory: queueing, time, the order in which orders meet an event, groups."""

from datetime import timedelta
from decimal import Decimal

import pytest

from hub.domain.kernel import OrderId
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import IllegalMoveError, OrderClass, OrderType, TimeInForce
from hub.domain.orders.replacing import Changes
from hub.domain.orders.venue import Basis, InMarketStop, Liquidity, TriggerSource, VenueProfile
from tests.fixtures.orders import BUY, SELL, Floor, asked, bar, quote, trade
from tests.fixtures.values import AT

QUOTE = VenueProfile(triggers=TriggerSource.QUOTE)
FREELY = QUOTE._replace(liquidity=Liquidity.UNLIMITED)
LAST = VenueProfile(basis=Basis.LAST, liquidity=Liquidity.UNLIMITED)
BARS = VenueProfile(basis=Basis.BAR, liquidity=Liquidity.UNLIMITED)
HOUR = timedelta(hours=1)
LIMIT, STOP = OrderType.LIMIT, OrderType.STOP


def floor(profile: VenueProfile = FREELY) -> Floor:
    made = Floor(profile)
    made.venue.on_quote(quote("100.00", "100.10"))
    return made


def test_an_order_for_a_later_session_is_queued_and_meets_nothing_before():
    play = floor()
    play.send(asked(), works_from=AT + HOUR)
    play.venue.on_quote(quote("99.00", "99.10"))
    assert play.states("o1") == ["accepted"]
    play.venue.on_clock(AT + HOUR)
    assert play.states("o1") == ["new"]
    assert play.fills() == []
    play.venue.on_quote(quote("101.00", "101.10"))
    assert play.fills() == [("o1", "10", "101.10")]


def test_a_queued_limit_arrives_at_the_first_quote_of_its_session_and_rests_after_that():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="100.00"), works_from=AT + HOUR)
    play.venue.on_clock(AT + HOUR)
    play.venue.on_quote(quote("100.40", "100.50"))
    play.venue.on_quote(quote("99.00", "99.10"))
    assert play.fills() == [("o1", "10", "100.00")]


def test_a_queued_limit_that_is_marketable_at_the_open_gets_the_better_price():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="105.00"), works_from=AT + HOUR)
    play.venue.on_clock(AT + HOUR)
    play.venue.on_quote(quote("101.00", "101.10"))
    assert play.fills() == [("o1", "10", "101.10")]


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_what_cannot_wait_is_not_queued(tif: TimeInForce):
    play = floor()
    play.send(asked(tif=tif), works_from=AT + HOUR)
    assert play.states("o1") == ["canceled"]


def test_the_children_of_an_entry_that_cannot_be_queued_end_with_it():
    play = floor()
    play.send(asked(gain="110", loss="90", tif=TimeInForce.IOC), works_from=AT + HOUR)
    assert play.states("o1", "o2", "o3") == ["canceled"] * 3


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
@pytest.mark.parametrize("profile", [FREELY, LAST])
def test_what_cannot_wait_does_not_wait_for_a_market(tif: TimeInForce, profile: VenueProfile):
    play = Floor(profile)
    play.send(asked(tif=tif))
    assert play.states("o1") == ["canceled"]


def test_a_queued_order_whose_time_passed_expires():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="90"), works_from=AT + HOUR, expires_at=AT + 2 * HOUR)
    play.venue.on_clock(AT + 9 * HOUR)
    assert play.states("o1") == ["expired"]


def test_time_does_not_run_back():
    play = floor()
    play.venue.on_clock(AT + HOUR)
    play.venue.on_clock(AT)
    assert play.venue.at == AT + HOUR


def test_orders_expire_at_their_moment_and_not_before():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="90"), expires_at=AT + HOUR)
    play.venue.on_clock(AT + HOUR - timedelta(microseconds=1))
    assert play.states("o1") == ["new"]
    play.venue.on_clock(AT + HOUR)
    assert play.states("o1") == ["expired"]


def test_two_exits_expire_together_and_not_one_of_the_other():
    play = floor()
    play.send(asked(gain="110", loss="90"), expires_at=AT + HOUR)
    play.venue.on_clock(AT + HOUR)
    assert play.states("o1", "o2", "o3") == ["filled", "expired", "expired"]


def test_exits_do_not_come_to_life_when_a_partly_filled_entry_expires_with_them():
    play = floor(QUOTE)
    play.send(asked(quantity="150", gain="110", loss="90"), expires_at=AT + HOUR)
    play.venue.on_clock(AT + HOUR)
    assert play.states("o1", "o2", "o3") == ["expired", "canceled", "canceled"]
    assert play.fills() == [("o1", "100", "100.10")]


def test_a_bar_brings_the_time_of_its_start_with_it():
    play = Floor(BARS)
    play.send(asked(BUY, LIMIT, limit_price="95"), expires_at=AT + HOUR)
    play.venue.on_bar(bar("90", "90", "90", "90", start=AT + HOUR, end=AT + 2 * HOUR))
    assert play.states("o1") == ["expired"]
    assert play.fills() == []


def test_a_bar_before_the_session_is_not_met_and_the_one_with_the_open_is():
    play = Floor(BARS)
    play.send(asked(), works_from=AT + HOUR)
    play.venue.on_bar(bar("90", "90", "90", "90", start=AT, end=AT + HOUR))
    assert play.states("o1") == ["accepted"]
    play.venue.on_bar(bar("95", "95", "95", "95", start=AT + HOUR / 2, end=AT + 2 * HOUR))
    assert play.fills() == [("o1", "10", "95")]


@pytest.mark.parametrize(
    ("tif", "price"),
    [(TimeInForce.OPG, "100"), (TimeInForce.CLS, "103")],
)
def test_orders_for_a_print_pass_over_the_bars_before_their_session(tif: TimeInForce, price: str):
    play = Floor(BARS)
    play.send(asked(tif=tif), works_from=AT + 2 * HOUR)
    play.venue.on_bar(bar("90", "90", "90", "90", start=AT, end=AT + HOUR))
    assert play.fills() == []
    play.venue.on_bar(bar("100", "104", "99", "103", start=AT + HOUR, end=AT + 3 * HOUR))
    assert play.fills() == [("o1", "10", price)]


@pytest.mark.parametrize(
    ("tif", "opens", "closes"),
    [(TimeInForce.OPG, False, True), (TimeInForce.CLS, True, False)],
)
def test_orders_for_a_print_need_the_bar_that_has_it(tif: TimeInForce, opens: bool, closes: bool):
    play = Floor(BARS)
    play.send(asked(tif=tif))
    play.venue.on_bar(bar("1", "1", "1", "1", opens_session=opens, closes_session=closes))
    assert play.states("o1") == ["new"]


def test_market_orders_then_limits_by_price_then_stops_by_price_meet_an_event():
    play = Floor(QUOTE)
    play.send(asked(SELL, STOP, "1", stop_price="98"))
    play.send(asked(SELL, STOP, "1", stop_price="99"))
    play.send(asked(SELL, LIMIT, "1", limit_price="97.50"))
    play.send(asked(SELL, LIMIT, "1", limit_price="97.00"))
    play.send(asked(SELL, quantity="1"))
    play.venue.on_quote(quote("97.60", "97.70"))
    assert [order_id for order_id, _, _ in play.fills()] == ["o5", "o4", "o3", "o2", "o1"]


def test_orders_of_one_price_meet_an_event_in_the_order_in_which_they_came():
    play = floor(QUOTE)
    for _ in range(3):
        play.send(asked(BUY, LIMIT, "60", limit_price="99"))
    play.venue.on_quote(quote("98.90", "99.00"))
    assert play.fills() == [("o1", "60", "99"), ("o2", "40", "99")]


def test_a_gain_that_is_taken_ends_the_stop_of_the_loss():
    play = floor()
    play.send(asked(gain="110", loss="90"))
    play.venue.on_quote(quote("110.00", "110.10"))
    assert play.states("o2", "o3") == ["filled", "canceled"]


def test_an_entry_rejected_on_arrival_takes_its_children_along():
    play = floor(FREELY._replace(in_market_stop=InMarketStop.REJECT))
    play.send(asked(BUY, STOP, stop_price="100.05", gain="110", loss="90"))
    assert play.states("o1", "o2", "o3") == ["rejected", "canceled", "canceled"]
    assert play.order("o1").reason_code == "stop_in_market"


def test_an_exit_that_fills_as_it_comes_to_life_ends_the_one_that_had_not():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="99", gain="99.50", loss="90"))
    play.venue.on_quote(quote("98.90", "99.00"))
    assert play.states("o1", "o2", "o3") == ["filled", "new", "new"]
    play.send(asked(gain="99.50", loss="90", quantity="5"))
    play.venue.on_quote(quote("99.50", "99.60"))
    assert play.states("o2", "o3", "o5", "o6") == ["filled", "canceled", "filled", "canceled"]


def test_an_exit_that_fills_in_part_as_it_comes_to_life_takes_as_much_off_the_other():
    play = Floor(QUOTE)
    play.venue.on_quote(quote("100.00", "100.10", "4", "10"))
    play.send(asked(gain="99.50", loss="90"))
    assert play.fills() == [("o1", "10", "100.10"), ("o2", "4", "100.00")]
    assert play.order("o3").quantity == 6
    play.venue.on_quote(quote("90.00", "90.10"))
    assert play.states("o2", "o3") == ["canceled", "filled"]


def test_a_replaced_order_stays_and_knows_its_successor():
    play = floor()
    play.send(asked(BUY, LIMIT, limit_price="99"))
    play.venue.replace(OrderId("o1"), Changes(limit_price=Decimal("99.50")), OrderId("new"))
    assert play.states("o1", "new") == ["replaced", "new"]
    assert (play.order("o1").replaced_by, play.order("new").replaces) == ("new", "o1")
    with pytest.raises(IllegalMoveError):
        play.venue.cancel(OrderId("o1"))


def test_a_trade_wakes_what_listens_to_trades_only():
    play = Floor(LAST)
    play.venue.on_trade(trade("100"))
    play.send(asked(SELL, STOP, stop_price="99"))
    play.venue.on_quote(quote("90", "91"))
    assert play.states("o1") == ["new"]
    play.venue.on_trade(trade("98"))
    assert play.fills() == [("o1", "10", "98")]


def test_of_two_exits_that_come_in_together_one_that_trades_at_once_ends_the_other():
    play = floor()
    both = asked(SELL, LIMIT)._replace(
        order_class=OrderClass.OCO,
        take_profit=TakeProfit(Decimal("99.00")),
        stop_loss=StopLoss(Decimal("90.00")),
    )
    play.send(both)
    assert play.states("o1", "o2") == ["filled", "canceled"]
