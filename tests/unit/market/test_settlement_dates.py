"""On which day a trade settles, by the calendars as they are: holidays, changes of the cycle."""

import csv
import gzip
from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import pytest

from hub.domain.kernel import UnavailableError
from hub.domain.market.calendar import Calendar, Session
from tests.architecture.project import ROOT

FILES = {"XNYS": "sessions.csv.gz", "BVMF": "sessions_bvmf.csv.gz"}


def sessions(exchange: str) -> list[Session]:
    with gzip.open(ROOT / "data" / FILES[exchange], "rt", newline="") as file:
        return [
            Session(
                row["exchange"],
                date.fromisoformat(row["date"]),
                datetime.fromisoformat(row["open_utc"]),
                datetime.fromisoformat(row["close_utc"]),
            )
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def settles() -> Callable[[str, str], date]:
    @cache
    def calendar(exchange: str) -> Calendar:
        return Calendar(sessions(exchange))

    return lambda exchange, traded: calendar(exchange).settlement_date(date.fromisoformat(traded))


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        # The last trades of three days, and the first of two, over Labor Day: on one day.
        ("2017-09-01", "2017-09-07"),
        ("2017-09-05", "2017-09-07"),
        # The last of two and the first of one, over Memorial Day: again on one day.
        ("2024-05-23", "2024-05-28"),
        ("2024-05-24", "2024-05-29"),
        ("2024-05-28", "2024-05-29"),
        # Good Friday has no session, and settles nothing.
        ("2012-04-04", "2012-04-10"),
        ("2024-03-27", "2024-04-01"),
        ("2026-04-02", "2026-04-06"),
        # Thanksgiving has none; the Friday after it is short, and counts whole.
        ("2012-11-20", "2012-11-26"),
        ("2025-11-26", "2025-11-28"),
        ("2025-11-28", "2025-12-01"),
        # Christmas and New Year.
        ("2012-12-21", "2012-12-27"),
        ("2025-12-24", "2025-12-26"),
        ("2025-12-31", "2026-01-02"),
        # The storm of 2012 closed New York for two days.
        ("2012-10-26", "2012-11-02"),
        # Columbus Day and Veterans Day: the exchange trades, the banks do not pay.
        ("2024-10-11", "2024-10-15"),
        ("2024-10-14", "2024-10-15"),
        ("2025-11-10", "2025-11-12"),
        ("2025-11-11", "2025-11-12"),
        # A Veterans Day on a Sunday is kept on Monday, one on a Saturday is not.
        ("2012-11-08", "2012-11-14"),
        ("2023-11-09", "2023-11-13"),
    ],
)
def test_in_new_york(settles: Callable[[str, str], date], traded: str, settled: str):
    assert settles("XNYS", traded) == date.fromisoformat(settled)


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        # The last trades of three days and the first of two.
        ("2019-05-24", "2019-05-29"),
        ("2019-05-27", "2019-05-29"),
        # Carnival: Monday and Tuesday have no session, Ash Wednesday a short one.
        ("2026-02-12", "2026-02-18"),
        ("2026-02-13", "2026-02-19"),
        # Good Friday, and Tiradentes on a Tuesday.
        ("2026-04-01", "2026-04-06"),
        ("2026-04-17", "2026-04-22"),
        # What closes New York does not close Sao Paulo.
        ("2025-11-26", "2025-11-28"),
        ("2024-10-11", "2024-10-15"),
    ],
)
def test_in_sao_paulo(settles: Callable[[str, str], date], traded: str, settled: str):
    assert settles("BVMF", traded) == date.fromisoformat(settled)


@pytest.mark.parametrize("exchange", FILES)
def test_where_the_calendar_ends_nothing_is_guessed(
    settles: Callable[[str, str], date], exchange: str
):
    with pytest.raises(UnavailableError):
        settles(exchange, sessions(exchange)[-1].day.isoformat())
