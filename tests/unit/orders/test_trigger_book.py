"""The trigger book: a quote finds what it reaches, once, and trailing stops follow it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.kernel import AccountId, OrderId
from hub.domain.orders.matching import Touch
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail, is_reached
from hub.domain.orders.trigger_book import Resting, TriggerBook, WaitingStop

BUY, SELL = Side.BUY, Side.SELL


def touch(bid: str, ask: str) -> Touch:
    return Touch(Decimal(bid), Decimal(ask))


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
    return [order.order_id for order in book.take_reached("AAPL", touch(bid, ask))]


def test_limits_are_reached_by_the_opposite_side_the_best_first():
    book = TriggerBook()
    for order in (limit("low", BUY, "99"), limit("high", BUY, "100"), limit("sale", SELL, "105")):
        book.put(order)
    assert taken(book, "99.50", "100.01") == []
    assert taken(book, "98.50", "99.00") == ["high", "low"]
    assert taken(book, "105.00", "105.10") == ["sale"]
    assert len(book) == 0


def test_a_stop_is_reached_at_its_price_and_not_a_cent_before():
    book = TriggerBook()
    book.put(stop("up", BUY, "110"))
    book.put(stop("down", SELL, "90"))
    assert taken(book, "90.01", "109.99") == []
    assert taken(book, "90.00", "90.02") == ["down"]
    assert taken(book, "109.98", "110.00") == ["up"]


def test_an_order_is_taken_once():
    book = TriggerBook()
    book.put(limit("one", BUY, "100"))
    assert taken(book, "98", "99") == ["one"]
    assert taken(book, "98", "99") == []


def test_a_limit_that_was_changed_is_reached_at_its_new_price_only():
    book = TriggerBook()
    book.put(limit("one", BUY, "100"))
    book.put(limit("one", BUY, "95"))
    assert taken(book, "98", "99") == []
    assert taken(book, "94", "95") == ["one"]


def test_other_symbols_are_not_touched():
    book = TriggerBook()
    book.put(limit("one", BUY, "100"))
    assert book.take_reached("IBM", touch("1", "2")) == []


def test_a_trailing_stop_is_tested_against_its_stop_as_it_stood_and_then_follows():
    book = TriggerBook()
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
    book = TriggerBook()
    book.put(trailing("t", SELL, "130", "10"))
    taken(book, "140", "150")
    book.put(trailing("t", SELL, "130", "10"))
    assert taken(book, "129", "131") == ["t"]


def test_a_trailing_buy_that_is_jumped_over_is_reached():
    book = TriggerBook()
    book.put(trailing("t", BUY, "140", "10"))
    assert taken(book, "160", "165") == ["t"]


@pytest.mark.parametrize("side", [BUY, SELL])
@given(prices=st.lists(st.integers(100, 200), min_size=1, max_size=60), amount=st.integers(1, 40))
def test_a_trailing_stop_only_ever_moves_in_the_orders_favour(side, prices, amount):
    book = TriggerBook()
    book.put(trailing("t", side, str(prices[0]), str(amount)))
    stood = Trail(Decimal(amount), None).stop(side, Decimal(prices[0]))
    for price in prices[1:]:
        now = Touch(Decimal(price), Decimal(price))
        reached = book.take_reached("AAPL", now)
        assert bool(reached) == is_reached(side, stood, now)
        if reached:
            break
        for moved in book.moved():
            assert moved.stop is not None
            better = moved.stop.price < stood if side is BUY else moved.stop.price > stood
            assert better
            stood = moved.stop.price
        book.forget_moved()
