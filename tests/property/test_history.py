"""Returns and what follows from them, against an established library; marks of several accounts."""

from datetime import date, timedelta
from decimal import Decimal

import empyrical
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.accounts.history import (
    Mark,
    Timeframe,
    daily_returns,
    last_of_each,
    performance,
    together,
)

START = date(2012, 6, 1)
CENTS = st.integers(100, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
DAYS = st.lists(CENTS, min_size=3, max_size=60)


def marks_of(*equities: str, deposited: str = "100") -> list[Mark]:
    return [
        Mark(START + timedelta(days=day), Decimal(equity), Decimal(deposited))
        for day, equity in enumerate(equities)
    ]


@settings(max_examples=60, deadline=None)
@given(equities=DAYS)
def test_the_figures_are_those_of_the_library(equities: list[Decimal]):
    marks = marks_of(*map(str, equities))
    returns = np.array([float(each) for each in daily_returns(marks)])
    ours = performance(marks)
    pairs = (
        (ours.time_weighted_return, empyrical.cum_returns_final(returns)),
        (ours.volatility, empyrical.annual_volatility(returns)),
        (ours.max_drawdown, empyrical.max_drawdown(returns)),
    )
    for exact, theirs in pairs:
        assert float(exact or 0) == pytest.approx(theirs, rel=1e-6, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(equities=DAYS, flows=st.lists(CENTS, min_size=60, max_size=60))
def test_what_comes_in_and_goes_out_makes_no_return(equities: list[Decimal], flows: list[Decimal]):
    """Each day's return is given; deposits of any size before it change none of the figures."""
    plain = marks_of(*map(str, equities))
    returns = daily_returns(plain)
    marks, equity, deposited = [plain[0]], plain[0].equity, plain[0].deposited
    for day, (each, flow) in enumerate(zip(returns, flows, strict=False), 1):
        equity, deposited = (equity + flow) * (1 + each), deposited + flow
        marks.append(Mark(START + timedelta(days=day), equity, deposited))
    expected, found = performance(plain), performance(marks)
    assert abs(found.time_weighted_return - expected.time_weighted_return) <= Decimal("1e-4") * (
        1 + abs(expected.time_weighted_return)
    )
    assert abs(found.max_drawdown - expected.max_drawdown) <= Decimal("1e-6")


def test_where_nothing_was_nothing_is_gained():
    assert daily_returns([Mark(START, Decimal(0), Decimal(0))] * 2) == [0]
    only = performance(marks_of("100"))
    assert (only.volatility, only.days) == (None, 0)
    assert only.time_weighted_return == 0
    everything = [
        Mark(START, Decimal(100), Decimal(100)),
        Mark(START, Decimal(0), Decimal(0)),
        Mark(START, Decimal(50), Decimal(50)),
    ]
    assert performance(everything).time_weighted_return == 0


def test_an_account_without_a_mark_is_what_it_was_before():
    one = marks_of("10", "11", "12")
    two = [Mark(START + timedelta(days=1), Decimal(5), Decimal(4))]
    both = together([one, two])
    assert [(int(mark.equity), int(mark.deposited)) for mark in both] == [
        (10, 100),
        (16, 104),
        (17, 104),
    ]
    assert together([]) == []


def test_a_week_and_a_month_end_with_their_last_mark():
    marks = [Mark(START + timedelta(days=day), Decimal(day), Decimal(0)) for day in range(0, 40, 2)]
    assert last_of_each(marks, Timeframe.DAY) == marks
    weeks = [mark.day.isoformat() for mark in last_of_each(marks, Timeframe.WEEK)]
    assert weeks == [
        "2012-06-03", "2012-06-09", "2012-06-17", "2012-06-23", "2012-07-01", "2012-07-07",
        "2012-07-09",
    ]  # fmt: skip
    assert [each.day.month for each in last_of_each(marks, Timeframe.MONTH)] == [6, 7]
