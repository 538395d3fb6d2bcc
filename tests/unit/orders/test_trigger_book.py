"""The trigger book: a quote finds what it reaches, once, and trailing stops follow it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.kernel import AccountId, OrderId
from hub.domain.orders.events import Condition, QuoteEvent, TradeEvent
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail, is_reached
from hub.domain.orders.trigger_book import Due, Resting, TriggerBook, WaitingStop
from hub.domain.orders.venue import ALPACA, PAPER

BUY, SELL = Side.BUY, Side.SELL
SIZE = Decimal(100)


def touch(bid: str, ask: str) -> QuoteEvent:
    return QuoteEvent(Decimal(bid), Decimal(ask), SIZE, SIZE)


def printed(price: str, condition: Condition = Condition.REGULAR) -> TradeEvent:
    return TradeEvent(Decimal(price), SIZE, condition=condition)


def limit(name: str, side: Side, price: str) -> Resting:
    return Resting(OrderId(name), AccountId("a"), "AAPL", side, Decimal(price))


def stop(name: str, side: Side, price: str) -> Resting:
    waiting = WaitingStop(Decimal(price), None, None)
    return Resting(OrderId(name), AccountId("a"), "AAPL", side, None, waiting)


def trailing(name: str, side: Side, mark: str, amount: str) -> Resting:
    trail = Trail(Decimal(amount), None)
    waiting = WaitingStop(trail.stop(side, Decimal(mark)), trail, Decimal(mark))
    return Resting(OrderId(name), AccountId("a"), "AAPL", side, None, waiting)


def taken(book: TriggerBook, bid: str, ask: str) -> list[str]:
    return [order.order_id for order in book.on_quote("AAPL", touch(bid, ask))]


def traded(book: TriggerBook, price: str) -> list[str]:
    return [order.order_id for order in book.on_trade("AAPL", printed(price))]


def test_limits_are_reached_by_the_opposite_side_the_best_first():
    book = TriggerBook(PAPER)
    for order in (limit("low", BUY, "99"), limit("high", BUY, "100"), limit("sale", SELL, "105")):
        book.put(order)
    assert taken(book, "99.50", "100.01") == []
    assert taken(book, "98.50", "99.00") == ["high", "low"]
    assert taken(book, "105.00", "105.10") == ["sale"]
    assert len(book) == 0


def test_a_stop_is_reached_at_its_price_and_not_a_cent_before():
    book = TriggerBook(PAPER)
    book.put(stop("up", BUY, "110"))
    book.put(stop("down", SELL, "90"))
    assert taken(book, "90.01", "109.99") == []
    assert taken(book, "90.00", "90.02") == ["down"]
    assert taken(book, "109.98", "110.00") == ["up"]


def test_an_order_is_taken_once():
    book = TriggerBook(PAPER)
    book.put(limit("one", BUY, "100"))
    assert taken(book, "98", "99") == ["one"]
    assert taken(book, "98", "99") == []


def test_a_limit_that_was_changed_is_reached_at_its_new_price_only():
    book = TriggerBook(PAPER)
    book.put(limit("one", BUY, "100"))
    book.put(limit("one", BUY, "95"))
    assert taken(book, "98", "99") == []
    assert taken(book, "94", "95") == ["one"]


def test_other_symbols_are_not_touched():
    book = TriggerBook(PAPER)
    book.put(limit("one", BUY, "100"))
    assert book.on_quote("IBM", touch("1", "2")) == []


def test_a_trailing_stop_is_tested_against_its_stop_as_it_stood_and_then_follows():
    book = TriggerBook(PAPER)
    book.put(trailing("t", SELL, "130", "10"))
    assert taken(book, "140", "150") == []
    (moved,) = book.moved()
    book.forget_moved()
    assert moved.stop is not None
    assert (moved.stop.mark, moved.stop.price) == (Decimal(140), Decimal(130))
    assert taken(book, "135", "145") == []
    assert book.moved() == []
    assert taken(book, "130", "131") == ["t"]


def test_what_was_saved_of_a_trailing_stop_does_not_pull_it_back():
    book = TriggerBook(PAPER)
    book.put(trailing("t", SELL, "130", "10"))
    taken(book, "140", "150")
    book.put(trailing("t", SELL, "130", "10"))
    assert taken(book, "129", "131") == ["t"]


def test_a_trailing_buy_that_is_jumped_over_is_reached():
    book = TriggerBook(PAPER)
    book.put(trailing("t", BUY, "140", "10"))
    assert taken(book, "160", "165") == ["t"]


@pytest.mark.parametrize("side", [BUY, SELL])
@given(prices=st.lists(st.integers(100, 200), min_size=1, max_size=60), amount=st.integers(1, 40))
def test_a_trailing_stop_only_ever_moves_in_the_orders_favour(side, prices, amount):
    book = TriggerBook(PAPER)
    book.put(trailing("t", side, str(prices[0]), str(amount)))
    stood = Trail(Decimal(amount), None).stop(side, Decimal(prices[0]))
    for price in prices[1:]:
        reached = taken(book, str(price), str(price))
        assert bool(reached) == is_reached(side, stood, Decimal(price))
        if reached:
            break
        for moved in book.moved():
            assert moved.stop is not None
            better = moved.stop.price < stood if side is BUY else moved.stop.price > stood
            assert better
            stood = moved.stop.price
        book.forget_moved()


def test_trailing_stops_that_shared_a_mark_are_reached_each_at_its_own_stop():
    book = TriggerBook(PAPER)
    book.put(trailing("early", SELL, "130", "10"))
    book.put(trailing("near", SELL, "145", "2"))
    book.put(trailing("far", SELL, "150", "20"))
    assert taken(book, "146", "147") == []
    assert {order.order_id for order in book.moved()} == {"early", "near"}
    assert taken(book, "151", "152") == []
    assert taken(book, "149", "150") == ["near"]
    assert taken(book, "141", "142") == ["early"]
    (far,) = book.moved()
    assert far.stop == WaitingStop(Decimal(131), Trail(Decimal(20), None), Decimal(151))


def test_from_its_first_trade_on_stops_listen_to_the_trades_of_a_symbol():
    book = TriggerBook(PAPER)
    book.put(stop("down", SELL, "90"))
    assert traded(book, "95") == []
    assert taken(book, "80", "81") == []
    assert traded(book, "90") == ["down"]


def test_where_trades_elect_stops_quotes_never_do():
    book = TriggerBook(ALPACA)
    book.put(stop("down", SELL, "90"))
    assert taken(book, "80", "81") == []
    assert traded(book, "89") == ["down"]


def test_outside_the_regular_session_only_extended_limits_are_reached():
    book = TriggerBook(PAPER)
    book.put(limit("late", BUY, "100")._replace(extended=True))
    book.put(limit("regular", BUY, "100"))
    book.put(stop("stop", BUY, "90"))
    book.put(trailing("trail", SELL, "90", "5"))
    reached = book.on_quote("AAPL", touch("98", "99"), regular=False)
    assert [order.order_id for order in reached] == ["late"]
    assert book.moved() == []
    assert taken(book, "98", "99") == ["regular", "stop"]


def test_an_order_for_a_print_is_reached_by_that_print_only():
    book = TriggerBook(PAPER)
    closing = limit("cls", BUY, "100")._replace(at_print=Condition.CLOSING)
    book.put(closing)
    assert taken(book, "90", "91") == []
    assert book.on_trade("AAPL", printed("95", Condition.OPENING)) == []
    assert book.on_trade("AAPL", printed("95", Condition.CLOSING), regular=False) == [closing]


def test_the_rest_of_a_market_order_is_reached_by_every_quote():
    book = TriggerBook(PAPER)
    book.put(Resting(OrderId("rest"), AccountId("a"), "AAPL", BUY, None))
    assert traded(book, "95") == []
    assert taken(book, "90", "91") == ["rest"]


def test_an_order_that_comes_after_the_quote_that_reaches_it_is_due():
    book = TriggerBook(PAPER)
    taken(book, "98", "99")
    late = limit("late", BUY, "99")
    book.put(late)
    assert len(book) == 1
    assert book.take_due() == [Due(late, touch("98", "99"))]
    assert book.take_due() == []
    assert len(book) == 0


def test_an_order_that_is_dropped_is_not_due():
    book = TriggerBook(PAPER)
    taken(book, "98", "99")
    book.put(limit("late", BUY, "99"))
    book.drop(OrderId("late"))
    assert book.take_due() == []


def test_a_trailing_stop_that_comes_late_follows_the_latest_quote():
    book = TriggerBook(PAPER)
    taken(book, "150", "151")
    book.put(trailing("t", SELL, "130", "10"))
    (moved,) = book.moved()
    assert moved.stop is not None
    assert moved.stop.mark == Decimal(150)
    assert taken(book, "140", "141") == ["t"]


def test_what_another_saved_of_a_trailing_stop_takes_it_forward():
    book = TriggerBook(PAPER)
    book.put(trailing("t", SELL, "130", "10"))
    book.put(trailing("t", SELL, "160", "10"))
    assert taken(book, "150", "151") == ["t"]


def test_orders_that_left_are_cleared_away():
    book = TriggerBook(PAPER)
    for number in range(500):
        book.put(limit(f"l{number}", BUY, "50"))
        book.put(trailing(f"t{number}", SELL, "130", "10"))
    for number in range(499):
        book.drop(OrderId(f"l{number}"))
        book.drop(OrderId(f"t{number}"))
    assert len(book) == 2
    assert taken(book, "49", "50") == ["l499", "t499"]
