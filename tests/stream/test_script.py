"""A scripted market: its commands, what they tell, and what stays between them."""

import json
from datetime import date
from decimal import Decimal

import pytest

from hub.domain.kernel import InvalidInputError
from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade
from stream.clock import Jump, Turn
from stream.recorded import read_sessions
from stream.script import Effect, Script
from tests.stream.market import DATA, WALL, utc

CALENDAR = Calendar(read_sessions(DATA / "sessions.csv.gz"))
NOON = utc("2018-04-27T16:00")
QUOTE = {"event": "quote", "symbol": "AAPL", "bid": "10.00", "ask": "10.02"} | {
    "bid_size": "100",
    "ask_size": "200",
}
TRADE = {"event": "trade", "symbol": "AAPL", "price": "10.01", "size": "30"}


@pytest.fixture
def script() -> Script:
    return Script(CALENDAR, NOON, epoch=7)


def apply(script: Script, **command: str) -> Effect:
    return script.apply(json.dumps(command), WALL)


def clock(script: Script, at: str) -> Effect:
    return apply(script, event="clock", at=at)


def test_a_quote_is_told_as_it_was_written(script: Script):
    ((quote,), restated) = apply(script, **QUOTE)

    assert isinstance(quote, Quote)
    assert (quote.symbol, str(quote.bid), str(quote.ask)) == ("AAPL", "10.00", "10.02")
    assert (quote.bid_size, quote.ask_size, quote.time) == (Decimal(100), Decimal(200), NOON)
    assert not quote.synthetic
    assert restated == []


def test_every_quote_and_trade_has_an_id_of_its_own_in_order(script: Script):
    told = [each for _ in range(3) for each in apply(script, **QUOTE).events]
    told += apply(script, **TRADE).events
    ids = [each.trade_id if isinstance(each, Trade) else each.quote_id for each in told]  # type: ignore[union-attr]

    assert ids == ["AAPL-7-1", "AAPL-7-2", "AAPL-7-3", "AAPL-7-4"]


def test_a_trade_is_told_and_the_standing_quote_shows_it_without_being_another(script: Script):
    (quote,) = apply(script, **QUOTE).events
    ((trade,), (restated,)) = apply(script, **TRADE)
    ((later,), _) = apply(script, **QUOTE)

    assert trade == Trade("AAPL-7-2", "AAPL", Decimal("10.01"), Decimal(30), NOON)
    assert isinstance(quote, Quote)
    assert restated == quote._replace(
        last=Decimal("10.01"), last_size=Decimal(30), last_trade_id="AAPL-7-2", last_time=NOON
    )
    assert isinstance(later, Quote)
    assert (later.last, later.last_trade_id) == (Decimal("10.01"), "AAPL-7-2")


def test_where_nothing_is_quoted_a_trade_stands_on_both_sides(script: Script):
    _, (restated,) = apply(script, **TRADE)
    _, (again,) = apply(script, **TRADE | {"price": "11.00"})
    ((quote,), _) = apply(script, **QUOTE)

    assert (restated.bid, restated.ask, restated.synthetic) == (
        Decimal("10.01"),
        Decimal("10.01"),
        True,
    )
    assert (again.bid, again.last) == (Decimal("11.00"), Decimal("11.00"))
    assert isinstance(quote, Quote)
    assert (quote.bid, quote.synthetic) == (Decimal("10.00"), False)


def test_within_a_session_the_clock_takes_the_standing_quotes_along(script: Script):
    (quote,) = apply(script, **QUOTE).events
    events, restated = clock(script, "2018-04-27T19:59:59Z")

    assert isinstance(quote, Quote)
    assert restated == [quote._replace(time=utc("2018-04-27T19:59:59"))]
    assert [type(each) for each in events] == [Jump]
    (jump,) = events
    assert isinstance(jump, Jump)
    assert (jump.anchor.market, jump.anchor.speed) == (utc("2018-04-27T19:59:59"), 0.0)
    assert not restated[0].is_stale(script.clock(WALL), WALL)


def test_every_open_and_close_that_the_clock_crosses_is_told(script: Script):
    apply(script, **QUOTE)
    events, restated = clock(script, "2018-04-30T13:30:00Z")
    turns = [each for each in events if isinstance(each, Turn)]

    assert [(turn.opened, turn.anchor.market, turn.session.day) for turn in turns] == [
        (False, utc("2018-04-27T20:00"), date(2018, 4, 27)),
        (True, utc("2018-04-30T13:30"), date(2018, 4, 30)),
    ]
    assert restated == []  # the quotes ended with their session
    assert [
        each for each in clock(script, "2018-04-30T13:30:00Z").events if isinstance(each, Turn)
    ] == []


def test_an_early_close_is_a_close(script: Script):
    clock(script, "2018-07-03T14:00:00Z")
    (closed, _) = clock(script, "2018-07-03T17:00:00Z").events

    assert isinstance(closed, Turn)
    assert not closed.opened


def test_the_opening_and_closing_prints_stand_in_the_quotes(script: Script):
    clock(script, "2018-04-30T13:30:00Z")
    apply(script, **TRADE | {"condition": "opening"})
    ((quote,), _) = apply(script, **QUOTE)
    apply(script, **TRADE | {"condition": "closing", "price": "10.02"})
    closed, last, _ = clock(script, "2018-04-30T20:00:00Z").events
    clock(script, "2018-05-01T13:30:00Z")
    ((next_day,), _) = apply(script, **QUOTE)

    opening = SessionPrint(date(2018, 4, 30), Decimal("10.01"), "AAPL-7-1")
    closing = SessionPrint(date(2018, 4, 30), Decimal("10.02"), "AAPL-7-4")
    assert isinstance(quote, Quote)
    assert isinstance(last, Quote)
    assert isinstance(next_day, Quote)
    assert (quote.opening, quote.closing) == (opening, None)
    assert (last.last_close, last.time, last.closing) == (True, utc("2018-04-30T20:00"), closing)
    assert (next_day.opening, next_day.closing) == (opening, closing)
    assert isinstance(closed, Turn)


def test_a_clock_that_is_set_back_starts_anew(script: Script):
    apply(script, **TRADE | {"condition": "opening"})
    apply(script, **QUOTE)
    events, restated = clock(script, "2012-06-01T14:00:00Z")
    ((quote,), _) = apply(script, **QUOTE)

    assert [type(each) for each in events] == [Jump]
    assert restated == []
    assert isinstance(quote, Quote)
    assert (quote.opening, quote.last_trade_id) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "7",
        '{"event":"bar"}',
        '{"event":["quote"]}',
        '{"symbol":"AAPL"}',
        json.dumps(QUOTE | {"bid": 10}),
        json.dumps(QUOTE | {"bid": "ten"}),
        json.dumps(QUOTE | {"bid": "NaN"}),
        json.dumps(QUOTE | {"ask": "-1"}),
        json.dumps(TRADE | {"condition": "odd"}),
        '{"event":"clock","at":"2018-04-27T19:59:59"}',
        '{"event":"clock","at":7}',
    ],
)
def test_what_is_no_command_changes_nothing(script: Script, text: str):
    with pytest.raises(InvalidInputError, match="not a command"):
        script.apply(text, WALL)

    assert (script.market, script.standing) == (NOON, {})
