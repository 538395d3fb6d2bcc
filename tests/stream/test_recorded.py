"""The committed data files: complete, exact, and the same as their sources."""

from datetime import date
from decimal import Decimal

import pytest

from stream.recorded import read_bars, read_sessions
from tests.stream.market import DATA, SYMBOLS
from tools.build_sessions import sessions


# pandas 3.1 warns of a use of it within exchange_calendars.
@pytest.mark.filterwarnings("ignore:Series.values")
def test_the_sessions_file_is_what_the_calendar_library_says():
    assert read_sessions(DATA / "sessions.csv.gz") == list(sessions())


def test_the_sessions_know_early_closes():
    by_day = {session.day: session for session in read_sessions(DATA / "sessions.csv.gz")}

    assert by_day[date(2012, 7, 3)].close.hour == 17
    assert by_day[date(2012, 7, 2)].close.hour == 20
    assert date(2012, 10, 29) not in by_day  # the storm of 2012


def test_every_recorded_day_of_a_symbol_is_a_session():
    days = {session.day for session in read_sessions(DATA / "sessions.csv.gz")}
    bars = read_bars(DATA / "us_stocks_daily.csv.gz", date(2000, 1, 1))

    assert len(bars) == 12_154
    assert {bar.symbol for bar in bars} == SYMBOLS
    assert {bar.day for bar in bars} <= days


def test_prices_are_read_exactly():
    bars = read_bars(DATA / "us_stocks_daily.csv.gz", date(2012, 5, 18))
    facebook = next(bar for bar in bars if bar.symbol == "FB")

    assert facebook.close == Decimal("38.2318")
