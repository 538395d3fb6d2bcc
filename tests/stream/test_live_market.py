"""A live market: what is told on, what is counted instead, and what stands."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.alpaca_wire import LiveQuote, LiveStatus, LiveTrade
from stream.clock import Turn
from stream.feed import Event
from stream.live_market import LiveMarket
from tests.stream.market import tape, utc

NOON = utc("2012-06-01T16:00")
CLOSE = utc("2012-06-01T20:00")


def new_market(seen: datetime = NOON) -> tuple[LiveMarket, Counter[str]]:
    counts: Counter[str] = Counter()
    return LiveMarket(tape().calendar, 7, seen, counts), counts


def quote(bid: str = "10.00", ask: str = "10.02", after: float = 0, **more: Any) -> LiveQuote:
    sizes = {"bid_size": Decimal(300), "ask_size": Decimal(500), **more}
    time = sizes.pop("time", NOON + timedelta(seconds=after))
    return LiveQuote("AAPL", Decimal(bid), Decimal(ask), time=time, **sizes)


def trade(price: str = "10.01", after: float = 0, number: str = "D1", **more: Any) -> LiveTrade:
    its = {"size": Decimal(100), "condition": "regular", **more}
    time = its.pop("time", NOON + timedelta(seconds=after))
    return LiveTrade("AAPL", number, Decimal(price), time=time, **its)


def test_quotes_and_trades_are_told_with_what_is_known():
    market, counts = new_market()
    (first,) = market.quote(quote())
    printed, shown = market.trade(trade(after=1))
    (second,) = market.quote(quote("10.01", "10.03", after=2))

    assert isinstance(first, Quote)
    assert (str(first.bid), str(first.last), first.last_trade_id) == ("10.00", "10.00", None)
    assert first.time == NOON
    assert isinstance(printed, Trade)
    assert printed.trade_id == "AAPL-20120601-D1"
    assert isinstance(shown, Quote)
    # The same quote: its sizes are not there anew.
    assert (shown.quote_id, str(shown.last)) == (first.quote_id, "10.01")
    assert isinstance(second, Quote)
    assert second.quote_id != first.quote_id
    assert (str(second.last), second.last_trade_id) == ("10.01", printed.trade_id)
    assert counts == {}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (quote("0", "10.02"), "zero_quotes"),
        (quote("10.00", "0"), "zero_quotes"),
        (quote(bid_size=Decimal(0)), "zero_quotes"),
        (quote("-1", "10"), "zero_quotes"),
        (quote("10.03", "10.02"), "crossed_quotes"),
        (quote(after=-1), "late_quotes"),
        (quote(), "same_quotes"),
        (quote(time=utc("2012-06-01T13:29:59")), "outside_sessions"),
        (quote(time=CLOSE), "outside_sessions"),
    ],
)
def test_a_quote_that_no_market_has_is_counted_and_not_told(told: LiveQuote, kind: str):
    market, counts = new_market()
    market.quote(quote())

    assert market.quote(told) == []
    assert counts == {kind: 1}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (trade(), "same_trades"),
        (trade(after=-1, number="D0"), "late_trades"),
        (trade("0", number="D2"), "zero_trades"),
        (trade(size=Decimal(0), number="D2"), "zero_trades"),
        (trade(time=utc("2012-06-01T21:00"), number="D2"), "outside_sessions"),
    ],
)
def test_a_trade_comes_once_and_in_its_time(told: LiveTrade, kind: str):
    market, counts = new_market()
    market.trade(trade())

    assert market.trade(told) == []
    assert counts == {kind: 1}
    assert len(market.trade(trade(number="D3"))) == 1  # of the same moment, and another


def test_a_locked_market_is_a_market():
    market, _ = new_market()

    assert market.quote(quote("10.00", "10.00"))


def test_what_stands_is_affirmed_by_the_same_id_while_the_source_is_there():
    market, _ = new_market()
    (first,) = market.quote(quote())
    later = [market.advance(NOON + timedelta(seconds=tenth / 10)) for tenth in range(1, 31)]
    affirmed = [each for told in later for each in told if isinstance(each, Quote)]

    assert isinstance(first, Quote)
    assert {each.quote_id for each in affirmed} == {first.quote_id}
    assert [(each.time - NOON).total_seconds() for each in affirmed] == [1.1, 2.1]


def test_an_affirmed_quote_gives_way_to_what_the_source_told_after_the_first():
    market, counts = new_market()
    market.quote(quote())
    market.advance(NOON + timedelta(seconds=3))

    assert market.quote(quote("10.01", after=2.5))
    assert counts == {}


def test_after_a_lost_connection_nothing_stands_until_it_is_quoted_anew():
    market, counts = new_market()
    market.quote(quote())
    market.lost()

    assert market.advance(NOON + timedelta(seconds=5)) == []
    assert market.quote(quote(after=6))
    assert counts == {"connections_lost": 1}


def test_what_is_halted_shows_nothing_and_comes_back():
    market, counts = new_market()
    market.quote(quote())
    market.status(LiveStatus("AAPL", halted=True))
    silent = [*market.advance(NOON + timedelta(seconds=2)), *market.quote(quote(after=3))]
    market.status(LiveStatus("AAPL", halted=False))

    assert silent == []
    assert counts == {"halted_quotes": 1}
    assert market.quote(quote(after=4))


def test_opens_and_closes_come_in_their_places_and_the_closing_print_after():
    market, counts = new_market(utc("2012-06-01T13:00"))
    early = market.quote(quote(time=utc("2012-06-01T13:29")))
    happened: list[Event] = market.advance(utc("2012-06-01T13:30"))
    at = utc("2012-06-01T13:30:01")
    happened += market.trade(trade("9.99", condition="opening", time=at))
    happened += market.trade(trade("9.98", number="D2", condition="opening", time=at))
    happened += market.quote(quote(time=utc("2012-06-01T19:59:59")))
    happened += market.advance(CLOSE)
    closing = trade("10.02", number="D9", condition="closing", time=CLOSE + timedelta(seconds=5))
    happened += market.trade(closing)
    again = market.trade(closing)
    happened += market.advance(utc("2012-06-04T13:30"))
    happened += market.quote(quote(time=utc("2012-06-04T13:30:01")))

    turns = [each.opened for each in happened if isinstance(each, Turn)]
    stood, closed, with_print, monday = [each for each in happened if isinstance(each, Quote)]
    assert turns == [True, False, True]
    assert early == again == []
    assert counts == {"outside_sessions": 1, "same_trades": 1}
    assert stood.opening is not None
    assert (str(stood.opening.price), stood.closing) == ("9.99", None)
    assert (closed.last_close, closed.time, closed.closing) == (True, CLOSE, None)
    assert with_print.closing is not None
    assert (with_print.last_close, str(with_print.closing.price)) == (True, "10.02")
    assert str(with_print.last) == "10.02"
    assert monday.closing == with_print.closing
    assert not monday.last_close
