"""Bars: adjusted by what was split and paid, and put together to weeks and months."""

import csv
import gzip
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.market.bar import (
    Adjustment,
    DailyBar,
    Dividend,
    Split,
    Timeframe,
    adjusted,
    aggregated,
    period_end,
    period_start,
)
from tools import build_actions

D = Decimal
days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def bar(day: str, price: str = "100", volume: int = 1000) -> DailyBar:
    close = D(price)
    return DailyBar(date.fromisoformat(day), close, close + 2, close - 2, close + 1, volume)


SERIES = [bar("2012-06-01", "100"), bar("2012-06-04", "50"), bar("2012-06-05", "51")]
SPLIT = Split(date(2012, 6, 4), 2, 1)
DIVIDEND = Dividend(date(2012, 6, 5), D("2.60"), D("52"))


def test_raw_prices_are_as_traded():
    assert adjusted(SERIES, [SPLIT, DIVIDEND], Adjustment.RAW) == SERIES


def test_a_split_divides_the_prices_before_it_and_multiplies_their_volume():
    first, *rest = adjusted(SERIES, [DIVIDEND, SPLIT], Adjustment.SPLIT)
    assert first == DailyBar(date(2012, 6, 1), D(50), D(51), D(49), D("50.5"), 2000)
    assert rest == SERIES[1:]


def test_a_dividend_lowers_the_prices_before_it_and_no_volume():
    first, second, last = adjusted(SERIES, [SPLIT, DIVIDEND], Adjustment.ALL)
    assert last == SERIES[2]
    assert (second.open, second.close, second.volume) == (D("47.619048"), D("48.571429"), 1000)
    assert (first.open, first.volume) == (D("47.619048"), 2000)


def test_what_comes_after_the_range_still_counts():
    [only] = adjusted(SERIES[:1], [SPLIT], Adjustment.SPLIT)
    assert only.open == D(50)


def test_a_reverse_split_leaves_whole_shares_in_the_volume():
    [only] = adjusted(
        [bar("2012-06-01", "10", 1001)], [Split(date(2012, 6, 4), 1, 10)], Adjustment.ALL
    )
    assert (only.open, only.volume) == (D(100), 100)


def recorded() -> dict[str, list[tuple[DailyBar, Decimal]]]:
    found: dict[str, list[tuple[DailyBar, Decimal]]] = {}
    with gzip.open(build_actions.PRICES, "rt", newline="") as file:
        for row in csv.DictReader(file):
            opened, high, low, close = (D(row[each]) for each in ("Open", "High", "Low", "Close"))
            day = date.fromisoformat(row["Date"])
            one = DailyBar(day, opened, high, low, close, int(row["Volume"]))
            found.setdefault(row["Ticker"], []).append((one, D(row["Adj Close"])))
    return found


def test_fully_adjusted_closes_move_as_the_source_s_own_adjusted_closes():
    listed = list(build_actions.actions())
    for symbol, series in recorded().items():
        closes = {one.day: one.close for one, _ in series}
        actions: list[Split | Dividend] = []
        for each in listed:
            ex = date.fromisoformat(each.ex_day)
            if each.symbol != symbol:
                continue
            if each.amount is None:
                actions.append(Split(ex, each.new_shares or 0, each.old_shares or 0))
            else:
                actions.append(Dividend(ex, each.amount, closes[ex]))
        ours = adjusted([one for one, _ in series], actions, Adjustment.ALL)
        scale = series[-1][0].close / series[-1][1]
        worst = max(
            abs(mine.close - theirs * scale) for mine, (_, theirs) in zip(ours, series, strict=True)
        )
        assert worst <= D("0.000001"), symbol


def test_the_actions_that_the_prices_imply_are_those_in_the_file():
    assert build_actions.TARGET.read_text() == build_actions.text()
    listed = list(build_actions.actions())
    splits = {(each.symbol, each.ex_day) for each in listed if each.kind == "split"}
    assert splits == {
        ("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18"),
    }  # fmt: skip
    paid = [each.symbol for each in listed if each.kind == "dividend"]
    assert {symbol: paid.count(symbol) for symbol in set(paid)} == {
        "AAPL": 3, "IBM": 52, "MSFT": 37,
    }  # fmt: skip


@given(days, st.sampled_from(Timeframe))
def test_periods_follow_one_another_and_hold_their_days(day: date, timeframe: Timeframe):
    start, end = period_start(day, timeframe), period_end(day, timeframe)
    assert start <= day <= end
    assert period_start(end, timeframe) == period_start(start, timeframe) == start
    assert period_start(end + timedelta(days=1), timeframe) == end + timedelta(days=1)


@pytest.mark.parametrize(
    ("timeframe", "start", "end"),
    [
        (Timeframe.DAY, "2012-02-29", "2012-02-29"),
        (Timeframe.WEEK, "2012-02-27", "2012-03-04"),
        (Timeframe.MONTH, "2012-02-01", "2012-02-29"),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(timeframe: Timeframe, start: str, end: str):
    day = date(2012, 2, 29)
    assert period_start(day, timeframe) == date.fromisoformat(start)
    assert period_end(day, timeframe) == date.fromisoformat(end)


def test_a_week_is_its_sessions_together():
    week = [
        DailyBar(date(2012, 5, 29), D(10), D(12), D(9), D(11), 5),  # Monday was Memorial Day
        DailyBar(date(2012, 5, 30), D(11), D(15), D(10), D(14), 7),
        DailyBar(date(2012, 6, 1), D(14), D(14), D(8), D(9), 1),
    ]
    [whole] = aggregated(week, Timeframe.WEEK)
    assert (whole.start, whole.first, whole.last) == (
        date(2012, 5, 28), date(2012, 5, 29), date(2012, 6, 1),
    )  # fmt: skip
    assert whole[3:] == (3, D(10), D(15), D(8), D(9), 13)


@given(st.lists(days, unique=True, max_size=60), st.sampled_from(Timeframe))
def test_no_session_is_lost_or_counted_twice(dates: list[date], timeframe: Timeframe):
    series = [bar(day.isoformat(), str(index + 3)) for index, day in enumerate(sorted(dates))]
    bars = list(aggregated(series, timeframe))
    assert sum(each.sessions for each in bars) == len(series)
    assert sum(each.volume for each in bars) == sum(each.volume for each in series)
    assert all(left.start < right.start for left, right in pairwise(bars))
    assert all(each.low <= each.open <= each.high for each in bars)
