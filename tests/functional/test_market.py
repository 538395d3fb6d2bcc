"""What the market shows over HTTP at one moment: instruments, bars, calendar, refusals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.requests import Front
from tests.fixtures.worlds import Customer

AAPL = {"symbol": "AAPL"}
DAY_RULES = [
    ("2012-6-1", "day_form"),
    ("20120601", "day_form"),
    ("2012-06-31", "day_form"),
    ("2012-06-01T00:00:00Z", "day_form"),
    ("٢٠١٢-06-01", "day_form"),
    ("1899-12-31", "range"),
    ("9999-12-31", "range"),
]


def instruments(front: Front, who: Customer, **query: str) -> list[str]:
    answer = front.call("market.list_instruments", who, query=query)
    assert answer.status == 200, answer.text
    return [each["symbol"] for each in answer.body["instruments"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["AAPL", "FB", "GOOG", "IBM", "MSFT"]),
        ({"search": "corp"}, ["IBM", "MSFT"]),
        ({"search": "goo"}, ["GOOG"]),
        ({"search": "ms"}, ["MSFT"]),
        ({"search": "%"}, []),
        ({"search": "_"}, []),
        ({"name": "INC."}, ["AAPL", "FB", "GOOG"]),
        ({"name": "aapl"}, []),
        ({"symbol": "g"}, ["GOOG"]),
        ({"symbol": "OOG"}, []),
        ({"kind": "stocks"}, ["AAPL", "FB", "GOOG", "IBM", "MSFT"]),
        ({"kind": "bonds"}, []),
        ({"exchange": "BVMF"}, []),
        ({"exchange": "XNYS", "name": "inc", "symbol": "F"}, ["FB"]),
    ],
)
def test_instruments_are_found_by_what_is_known_of_them(
    shared_front: Front, rich: Customer, query: dict[str, str], found: list[str]
):
    assert instruments(shared_front, rich, **query) == found


def test_instruments_come_page_by_page(shared_front: Front, rich: Customer):
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = shared_front.call("market.list_instruments", rich, query=query).body
        seen += [each["symbol"] for each in page["instruments"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]


def test_one_instrument_is_shown_by_its_symbol(shared_front: Front, rich: Customer):
    shown = shared_front.call("market.get_instrument", rich, path={"symbol": "IBM"}).body
    assert shown.pop("instrument_id")
    assert shown == {
        "symbol": "IBM",
        "name": "International Business Machines Corp.",
        "category": "stocks",
        "exchange": "XNYS",
        "currency": "USD",
    }
    missing = shared_front.call("market.get_instrument", rich, path={"symbol": "ZZZZ"})
    assert (missing.status, missing.body["code"]) == (404, "not_found")


def test_every_symbol_that_is_not_traded_is_named(shared_front: Front, rich: Customer):
    query = {"symbols": "AAPL,ZZZZ,YYYY"}
    answer = shared_front.call("market.list_market_data", rich, query=query)
    assert answer.status == 404
    assert [each["message"][:4] for each in answer.body["errors"]] == ["ZZZZ", "YYYY"]


def bars(front: Front, who: Customer, **query: str) -> dict[str, Any]:
    answer = front.call("market.list_bars", who, path=AAPL, query=query)
    assert answer.status == 200, answer.text
    return dict(answer.body)


def test_daily_bars_end_where_the_market_has_come(shared_front: Front, rich: Customer):
    """It is Friday, 2012-06-01, at eleven in New York: Thursday's bar is the last."""
    shown = bars(shared_front, rich, start="2012-05-30", end="2012-12-31")
    assert [each["date"] for each in shown["bars"]] == ["2012-05-30", "2012-05-31"]
    assert shown["bars"][1] == {
        "date": "2012-05-31",
        "open": "580.74",
        "high": "581.50",
        "low": "571.46",
        "close": "577.73",
        "volume": 17559800,
        "sessions": 1,
        "first_session": "2012-05-31",
        "last_session": "2012-05-31",
    }
    assert (shown["timeframe"], shown["adjustment"]) == ("1Day", "raw")
    assert (shown["as_of"], shown["next_cursor"]) == ("2012-06-01T15:00:00Z", None)


def test_without_a_range_the_last_year_is_shown(shared_front: Front, rich: Customer):
    shown = bars(shared_front, rich)["bars"]
    assert (shown[0]["date"], shown[-1]["date"]) == ("2011-06-02", "2012-05-31")


def daily(front: Front, who: Customer, first: str, last: str) -> list[dict[str, Any]]:
    return list(bars(front, who, start=first, end=last)["bars"])


@pytest.mark.parametrize(
    ("timeframe", "start", "end", "first", "last"),
    [
        ("1Week", "2012-01-01", "2012-01-02", "2012-01-03", "2012-01-06"),  # Monday was a holiday
        ("1Week", "2012-05-28", "2012-06-01", "2012-05-29", "2012-05-31"),  # under way
        ("1Month", "2012-02-01", "2012-02-01", "2012-02-01", "2012-02-29"),
    ],
)
def test_a_longer_bar_is_its_days_together(  # noqa: PLR0917
    shared_front: Front, rich: Customer, timeframe: str, start: str, end: str, first: str, last: str
):
    [bar] = bars(shared_front, rich, timeframe=timeframe, start=start, end=end)["bars"]
    parts = daily(shared_front, rich, first, last)
    assert (bar["first_session"], bar["last_session"]) == (first, last)
    assert (bar["open"], bar["close"]) == (parts[0]["open"], parts[-1]["close"])
    assert Decimal(bar["high"]) == max(Decimal(each["high"]) for each in parts)
    assert Decimal(bar["low"]) == min(Decimal(each["low"]) for each in parts)
    assert bar["volume"] == sum(each["volume"] for each in parts)
    assert bar["sessions"] == len(parts)


def test_a_bar_whose_period_begins_before_the_range_is_not_in_it(
    shared_front: Front, rich: Customer
):
    shown = bars(shared_front, rich, timeframe="1Month", start="2012-02-02", end="2012-04-15")
    assert [each["date"] for each in shown["bars"]] == ["2012-03-01", "2012-04-01"]
    assert shown["bars"][1]["last_session"] == "2012-04-30"


@pytest.mark.parametrize("timeframe", ["1Day", "1Week", "1Month"])
def test_pages_of_bars_are_the_whole_without_gap_or_repeat(
    shared_front: Front, rich: Customer, timeframe: str
):
    query = {
        "timeframe": timeframe,
        "start": "2010-01-04",
        "end": "2012-05-31",
        "adjustment": "all",
    }
    whole = bars(shared_front, rich, **query)["bars"]
    seen: list[Any] = []
    pages = 0
    query["limit"] = str(len(whole) // 3)
    while True:
        page = bars(shared_front, rich, **query)
        seen += page["bars"]
        pages += 1
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == whole
    assert pages == -(-len(whole) // int(query["limit"])) > 1


def test_splits_and_dividends_are_taken_out_where_that_is_asked(
    shared_front: Front, rich: Customer
):
    query = {"start": "2005-02-25", "end": "2005-02-28"}
    raw, split, both = (
        [each["close"] for each in bars(shared_front, rich, **query, adjustment=name)["bars"]]
        for name in ("raw", "split", "all")
    )
    assert raw == ["88.99", "44.86"]
    # Apple paid nothing between 1996 and August 2012, which the market has not seen yet.
    assert split == both == ["44.495", "44.86"]


def test_a_symbol_that_is_not_traded_has_no_bars(shared_front: Front, rich: Customer):
    answer = shared_front.call("market.list_bars", rich, path={"symbol": "ZZZZ"})
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def calendar(front: Front, who: Customer, **query: str) -> list[dict[str, Any]]:
    answer = front.call("market.get_market_calendar", who, query=query)
    assert answer.status == 200, answer.text
    return list(answer.body["days"])


def test_the_calendar_names_holidays_by_leaving_them_out_and_early_closes(
    shared_front: Front, rich: Customer
):
    days = calendar(shared_front, rich, start="2026-11-25", end="2026-11-30")
    assert [(each["date"], each["closes_at"], each["kind"]) for each in days] == [
        ("2026-11-25", "2026-11-25T21:00:00Z", "regular"),
        ("2026-11-27", "2026-11-27T18:00:00Z", "early_close"),
        ("2026-11-30", "2026-11-30T21:00:00Z", "regular"),
    ]
    [ash] = calendar(shared_front, rich, exchange="BVMF", start="2026-02-16", end="2026-02-18")
    assert (ash["opens_at"], ash["kind"]) == ("2026-02-18T16:00:00Z", "late_open")


def test_the_calendar_begins_today_in_the_market(shared_front: Front, rich: Customer):
    days = calendar(shared_front, rich)
    assert (days[0]["date"], days[-1]["date"]) == ("2012-06-01", "2012-06-29")


def test_a_year_of_sessions_comes_page_by_page(shared_front: Front, rich: Customer):
    query = {"start": "2026-01-01", "end": "2026-12-31"}
    seen: list[date] = []
    while True:
        page = shared_front.call("market.get_market_calendar", rich, query=query).body
        seen += [date.fromisoformat(each["date"]) for each in page["days"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 251
    assert seen == sorted(seen)


@pytest.mark.parametrize("name", ["market.list_bars", "market.get_market_calendar"])
@pytest.mark.parametrize("field", ["start", "end"])
@pytest.mark.parametrize(("day", "rule"), DAY_RULES)
def test_a_day_that_cannot_be_read_is_refused_by_name(  # noqa: PLR0917
    shared_front: Front, rich: Customer, name: str, field: str, day: str, rule: str
):
    answer = shared_front.call(name, rich, path=AAPL, query={field: day})
    assert (answer.status, answer.faults) == (400, {(field, rule)})


@pytest.mark.parametrize("name", ["market.list_bars", "market.get_market_calendar"])
def test_an_end_before_the_start_is_refused(shared_front: Front, rich: Customer, name: str):
    query = {"start": "2012-05-02", "end": "2012-05-01"}
    answer = shared_front.call(name, rich, path=AAPL, query=query)
    assert (answer.status, answer.faults) == (400, {("end", "range")})


@pytest.mark.parametrize(
    ("name", "query", "fault"),
    [
        ("market.list_bars", {"timeframe": "1Min"}, ("timeframe", "enum")),
        ("market.list_bars", {"adjustment": "dividend"}, ("adjustment", "enum")),
        ("market.list_bars", {"limit": "0"}, ("limit", "greater_than_equal")),
        ("market.list_bars", {"limit": "10001"}, ("limit", "less_than_equal")),
        ("market.list_bars", {"limit": "1e3"}, ("limit", "int_parsing")),
        ("market.list_bars", {"cursor": "x"}, ("cursor", "cursor")),
        ("market.list_bars", {"cursor": "WyJ6Il0"}, ("cursor", "cursor")),
        ("market.list_bars", {"cursor": "WzFd"}, ("cursor", "cursor")),
        ("market.get_market_calendar", {"cursor": "é"}, ("cursor", "cursor")),
        ("market.get_market_calendar", {"exchange": "XPAR"}, ("exchange", "enum")),
        ("market.get_market_calendar", {"limit": "501"}, ("limit", "less_than_equal")),
        ("market.get_market_clock", {"exchange": "xnys"}, ("exchange", "enum")),
        ("market.list_instruments", {"cursor": "W10"}, ("cursor", "cursor")),
        ("market.list_instruments", {"search": "x" * 101}, ("search", "string_too_long")),
        ("market.list_market_data", {}, ("symbols", "missing")),
        ("market.list_market_data", {"symbols": "aapl"}, ("symbols.0", "symbol_form")),
        ("market.list_market_data", {"symbols": "A," * 101}, ("symbols", "too_long")),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    shared_front: Front, rich: Customer, name: str, query: dict[str, str], fault: tuple[str, str]
):
    answer = shared_front.call(name, rich, path=AAPL, query=query)
    assert (answer.status, answer.faults) == (400, {fault})


@pytest.mark.parametrize(
    "name",
    ["list_bars", "list_market_data", "get_instrument", "get_market_clock", "get_market_calendar"],
)
def test_without_a_caller_nothing_of_the_market_is_told(shared_front: Front, name: str):
    answer = shared_front.call(f"market.{name}", None, path=AAPL, query={})
    assert (answer.status, answer.body["code"]) == (401, "no_token")
