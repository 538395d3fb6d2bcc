"""Market time, sessions, settlement, and when a quote is too old."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.kernel import UnavailableError
from hub.domain.market.calendar import Calendar, Session, settlement_days
from hub.domain.market.clock import MarketClock, clock_from_record, clock_record
from hub.domain.market.quote import Quote, quote_from_record, quote_record
from hub.domain.market.trade import (
    Condition,
    SessionPrint,
    Trade,
    trade_from_record,
    trade_record,
)
from tests.fixtures.values import AT

MARKET = datetime(2012, 6, 1, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def session(day: str, opened: str = "13:30", closed: str = "20:00") -> Session:
    def moment(time: str) -> datetime:
        return datetime.fromisoformat(f"{day}T{time}:00+00:00")

    return Session("XNYS", date.fromisoformat(day), moment(opened), moment(closed))


# Thanksgiving 2012: Thursday closed, Friday closes early.
WEEK = [
    session("2012-11-20", "14:30", "21:00"),
    session("2012-11-21", "14:30", "21:00"),
    session("2012-11-23", "14:30", "18:00"),
    session("2012-11-26", "14:30", "21:00"),
    session("2012-11-27", "14:30", "21:00"),
    session("2012-11-28", "14:30", "21:00"),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2012-11-{text}+00:00")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("21T14:29:59.999999", None),
        ("21T14:30:00", 21),
        ("21T20:59:59.999999", 21),
        ("21T21:00:00", None),
        ("22T15:00:00", None),
        ("23T17:59:59", 23),
        ("23T18:00:00", None),
        ("24T15:00:00", None),
    ],
)
def test_the_market_is_open_from_the_bell_to_just_before_the_close(moment: str, day: int | None):
    under_way = Calendar(reversed(WEEK)).session_at(at(moment))
    assert (under_way.day.day if under_way else None) == day


def test_an_order_works_in_this_session_or_the_next():
    calendar = Calendar(WEEK)
    assert calendar.working_session(at("21T15:00:00")) == WEEK[1]
    assert calendar.working_session(at("21T21:00:00")) == WEEK[2]
    assert calendar.next_session(at("21T14:30:00")) == WEEK[2]
    assert calendar.next_session(at("28T21:00:00")) is None
    assert Calendar([]).session_at(at("21T15:00:00")) is None


@pytest.mark.parametrize(
    ("exchange", "traded", "days"),
    [
        ("XNYS", "1999-01-04", 3),
        ("XNYS", "2017-09-01", 3),
        ("XNYS", "2017-09-05", 2),
        ("XNYS", "2024-05-24", 2),
        ("XNYS", "2024-05-28", 1),
        ("XNYS", "2026-01-05", 1),
        ("BVMF", "2019-05-24", 3),
        ("BVMF", "2019-05-27", 2),
        ("BVMF", "2026-01-05", 2),
    ],
)
def test_the_cycle_is_that_of_the_exchange_and_the_trade_date(
    exchange: str, traded: str, days: int
):
    assert settlement_days(exchange, date.fromisoformat(traded)) == days


def test_settlement_counts_sessions_over_holidays_and_early_closes():
    calendar = Calendar(WEEK)
    assert calendar.settlement_date(date(2012, 11, 20)) == date(2012, 11, 26)
    assert calendar.settlement_date(date(2012, 11, 21)) == date(2012, 11, 27)
    assert calendar.settlement_date(date(2012, 11, 23)) == date(2012, 11, 28)


def test_a_trade_on_a_day_without_session_counts_from_the_one_before():
    assert Calendar(WEEK).settlement_date(date(2012, 11, 22)) == date(2012, 11, 27)


@pytest.mark.parametrize("day", ["2012-11-26", "2012-11-19"])
def test_a_calendar_that_does_not_reach_the_settlement_says_so(day: str):
    calendar = Calendar(WEEK if day > "2012-11-20" else [])
    with pytest.raises(UnavailableError):
        calendar.settlement_date(date.fromisoformat(day))


def test_market_time_runs_at_its_speed_and_never_before_its_anchor():
    clock = MarketClock(MARKET, AT, 60.0)
    assert clock.at(AT + SECOND) == MARKET + 60 * SECOND
    assert clock.at(AT - SECOND) == MARKET
    assert MarketClock(MARKET, AT, 0.0).at(AT + SECOND) == MARKET


def test_market_time_waits_where_its_anchor_ends():
    clock = MarketClock(MARKET, AT, 60.0, MARKET + 30 * SECOND)
    assert clock.at(AT + SECOND) == MARKET + 30 * SECOND


def test_market_time_stops_with_its_source():
    clock = MarketClock(MARKET, AT, 2.0)
    assert clock.held_at(AT + 60 * SECOND) == MARKET + 10 * SECOND
    assert not clock.source_stopped(AT + 5 * SECOND)
    assert clock.source_stopped(AT + 5.000001 * SECOND)


@pytest.mark.parametrize("until", [None, MARKET + SECOND])
def test_a_clock_survives_its_record(until: datetime | None):
    clock = MarketClock(MARKET, AT, 1.5, until)
    assert clock_from_record(json.loads(json.dumps(clock_record(clock)))) == clock


def a_quote(age: float = 0, **changes: Any) -> Quote:
    one = Decimal("1.10")
    moment = MARKET - timedelta(seconds=age)
    return Quote("q", "AAPL", one, one, one, Decimal(1), Decimal(1), moment)._replace(**changes)


@pytest.mark.parametrize(
    ("age", "speed", "stale"),
    [
        (5, 1.0, False),
        (5.000001, 1.0, True),
        (300, 0.0, False),
        (300.000001, 0.0, True),
        (300, 60.0, False),
        (300.1, 60.0, True),
        (5.1, 0.5, True),
        (-1, 1.0, False),
    ],
)
def test_a_quote_is_stale_after_five_seconds_of_its_feed(age: float, speed: float, stale: bool):
    assert a_quote(age).is_stale(MarketClock(MARKET, AT, speed), AT) is stale


def test_a_last_close_is_always_stale():
    assert a_quote(last_close=True).is_stale(MarketClock(MARKET, AT), AT)


def test_a_quote_survives_its_record():
    opening = SessionPrint(MARKET.date(), Decimal("1.20"), "AAPL-20120601-1")
    quote = a_quote(
        synthetic=True,
        last_size=Decimal(7),
        last_trade_id="AAPL-20120601-2",
        last_time=MARKET,
        opening=opening,
        closing=opening._replace(price=Decimal("1.00")),
        closing_before=opening._replace(price=Decimal("0.90")),
    )
    again = quote_from_record(json.loads(json.dumps(quote_record(quote))))
    assert again == quote
    assert str(again.bid) == "1.10"
    assert quote_from_record(quote_record(a_quote())) == a_quote()


@pytest.mark.parametrize("condition", ["regular", "opening", "closing"])
def test_a_trade_survives_its_record(condition: Condition):
    trade = Trade("AAPL-1", "AAPL", Decimal("1.10"), Decimal(300), MARKET, condition)
    assert trade_from_record(json.loads(json.dumps(trade_record(trade)))) == trade


def test_a_trade_of_an_unknown_condition_is_refused():
    record = trade_record(Trade("AAPL-1", "AAPL", Decimal(1), Decimal(1), MARKET))
    with pytest.raises(ValueError, match="'odd' is not the condition"):
        trade_from_record(record | {"condition": "odd"})
