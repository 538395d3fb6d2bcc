"""Minute bars: made of trades, told when their minute is over."""

from datetime import timedelta
from decimal import Decimal

from hub.domain.market.trade import Trade
from stream.bars import Bar, BarMaker, bar_from_record, bar_record
from tests.stream.market import utc

NOON = utc("2012-06-01T16:00")
TEN = Decimal(10)


def trade(price: str, seconds: float, symbol: str = "AAPL") -> Trade:
    return Trade("t", symbol, Decimal(price), Decimal(10), NOON + timedelta(seconds=seconds))


def test_a_bar_is_what_traded_within_its_minute():
    maker = BarMaker()
    for each in (trade("10", 1), trade("12", 20), trade("9", 30), trade("11", 59.9)):
        maker.take(each)

    assert maker.done(NOON + timedelta(seconds=59.9)) == []
    assert maker.done(NOON + timedelta(minutes=1)) == [
        Bar("AAPL", NOON, TEN, Decimal(12), Decimal(9), Decimal(11), Decimal(40), 4)
    ]
    assert maker.done(NOON + timedelta(minutes=2)) == []


def test_each_symbol_has_its_own():
    maker = BarMaker()
    maker.take(trade("10", 1, "MSFT"))
    maker.take(trade("20", 2))

    assert [bar.symbol for bar in maker.done(NOON + timedelta(hours=1))] == ["AAPL", "MSFT"]


def test_a_trade_of_the_next_minute_does_not_hide_the_bar_before_it():
    maker = BarMaker()
    maker.take(trade("10", 1))
    maker.take(trade("11", 61))

    assert [bar.close for bar in maker.done(NOON + timedelta(seconds=90))] == [Decimal(10)]
    assert [bar.close for bar in maker.done(NOON + timedelta(seconds=120))] == [Decimal(11)]


def test_a_bar_survives_its_record():
    maker = BarMaker()
    maker.take(trade("10.50", 1))
    (bar,) = maker.done(NOON + timedelta(hours=1))

    assert bar_from_record(bar_record(bar)) == bar
