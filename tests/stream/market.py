"""A small recorded market for tests: real prices, weekdays in June and July 2012."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from stream.clock import Pace
from stream.recorded import read_bars, read_sessions
from stream.tape import Tape

DATA = Path(__file__).parent.parent.parent / "data"
WALL = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SYMBOLS = {"AAPL", "FB", "GOOG", "IBM", "MSFT"}
PACE = Pace(speed=60.0, closed=timedelta(seconds=5))


@cache
def tape(first: date = date(2012, 6, 1), last: date = date(2012, 7, 6)) -> Tape:
    bars = read_bars(DATA / "us_stocks_daily.csv.gz", first)
    return Tape([bar for bar in bars if bar.day <= last], read_sessions(DATA / "sessions.csv.gz"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(seconds: float) -> datetime:
    """The wall, so many seconds after it all began."""
    return WALL + timedelta(seconds=seconds)
