"""The exchanges' sessions in the database: the library's, with B3's hours as they are."""

import gzip
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import exchange_calendars
import psycopg
import pytest

from hub.adapters.postgres.connection import Database, DatabaseAddress
from hub.adapters.postgres.market import PostgresCalendars
from hub.adapters.postgres.seed import seed
from hub.domain.market.calendar import Session
from hub.domain.market.trading_day import DayKind, TradingDay
from tests.fixtures.databases import ROOT, DatabaseUrls
from tools.build_sessions import FILES, FIRST, LAST, overrides, sessions, trading_days, write

NEW_YORK, SAO_PAULO = ZoneInfo("America/New_York"), ZoneInfo("America/Sao_Paulo")
ALWAYS_AT_SIX = date(2019, 11, 4)  # the library's own last change of B3's hours

# pandas 3.1 warns of a use of it within exchange_calendars.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values")


def stored(urls: DatabaseUrls, exchange: str) -> list[TradingDay]:
    with psycopg.connect(urls.app) as connection:
        rows = connection.execute(
            "SELECT exchange, day, opens_at, closes_at, kind FROM exchange_sessions"
            " WHERE exchange = %s ORDER BY day",
            (exchange,),
        ).fetchall()
    return [TradingDay(Session(*row[:4]), DayKind(row[4])) for row in rows]


def test_new_york_is_the_library_s_to_the_minute(database_urls: DatabaseUrls):
    days = stored(database_urls, "XNYS")

    assert [day.session for day in days] == list(sessions("XNYS"))
    library = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST)
    early = {moment.date() for moment in library.early_closes}
    assert {each.session.day for each in days if each.kind is DayKind.EARLY_CLOSE} == early
    assert len(early) == 61


def test_sao_paulo_has_the_library_s_days_and_its_own_hours(database_urls: DatabaseUrls):
    days = [each.session for each in stored(database_urls, "BVMF")]
    library = list(sessions("BVMF"))

    assert [(each.day, each.open) for each in days] == [(each.day, each.open) for each in library]
    for ours, theirs in zip(days, library, strict=True):
        close = ours.close.astimezone(SAO_PAULO).time()
        if ours.day < ALWAYS_AT_SIX:
            assert ours == theirs
        else:
            new_york = datetime.combine(ours.day, time(12), NEW_YORK)
            assert close == (time(17) if new_york.dst() else time(18)), ours.day
    of_2026 = [each for each in days if each.day.year == 2026]
    closing_at_five = [each for each in of_2026 if each.close.astimezone(SAO_PAULO).hour == 17]
    assert (len(closing_at_five), len(of_2026)) == (164, 247)


def test_an_override_is_one_daylight_time_of_new_york():
    for each in overrides():
        for day, daylight in [
            (each.first - timedelta(days=1), False),
            (each.first, True),
            (each.last, True),
            (each.last + timedelta(days=1), False),
        ]:
            assert bool(datetime.combine(day, time(12), NEW_YORK).dst()) is daylight, day
    assert [each.first.year for each in overrides()] == list(range(2020, LAST.year + 1))


def test_ash_wednesday_opens_late(database_urls: DatabaseUrls):
    late = {
        each.session.day: each.session
        for each in stored(database_urls, "BVMF")
        if each.kind is DayKind.LATE_OPEN
    }

    assert late[date(2026, 2, 18)].open == datetime(2026, 2, 18, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("exchange", "moment", "is_open"),
    [
        ("XNYS", "2026-11-27T17:59:59", True),  # the day after Thanksgiving
        ("XNYS", "2026-11-27T18:00:00", False),
        ("XNYS", "2026-11-30T18:00:00", True),
        ("BVMF", "2026-10-30T20:00:00", False),  # the last session of New York's daylight time
        ("BVMF", "2026-11-03T20:00:00", True),
        ("BVMF", "2026-02-18T15:00:00", False),  # Ash Wednesday, not open yet
    ],
)
def test_the_market_is_open_when_the_table_says_so(
    database_urls: DatabaseUrls, exchange: str, moment: str, is_open: bool
):
    database = Database(DatabaseAddress(database_urls.app))
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    try:
        found = PostgresCalendars(database).around(exchange, at).session_at(at)
    finally:
        database.close()

    assert (found is not None) is is_open


@pytest.mark.parametrize("exchange", FILES)
def test_a_file_is_what_its_tool_writes(exchange: str, tmp_path: Path):
    write(exchange, tmp_path / "again")

    committed = ROOT / "data" / FILES[exchange]
    assert gzip.decompress((tmp_path / "again").read_bytes()) == gzip.decompress(
        committed.read_bytes()
    )
    assert sum(1 for _ in trading_days(exchange)) > 6900


def test_seeding_follows_what_an_exchange_announced(database_urls: DatabaseUrls, tmp_path: Path):
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    file = data / FILES["XNYS"]
    lines = gzip.decompress(file.read_bytes()).decode().splitlines(keepends=True)
    dropped = next(line for line in lines if line.startswith("XNYS,2027-03-01"))
    lines.remove(dropped)
    late = lines.pop()
    file.write_bytes(gzip.compress("".join(lines).encode()))
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute(
            "UPDATE exchange_sessions SET closes_at = closes_at - interval '1 hour',"
            " kind = 'early_close' WHERE exchange = 'XNYS' AND day = '2027-03-02'"
        )
    before = {each.session.day: each for each in stored(database_urls, "XNYS")}

    seed(database_urls.owner, data)

    after = {each.session.day: each for each in stored(database_urls, "XNYS")}
    gone = {date.fromisoformat(line.split(",")[1]) for line in (dropped, late)}
    assert before.keys() - after.keys() == gone
    assert after[date(2027, 3, 2)].kind is DayKind.REGULAR
    assert after[date(2027, 3, 2)].session.close.hour == 21
    seed(database_urls.owner, ROOT / "data")
    assert stored(database_urls, "XNYS") == list(trading_days("XNYS"))
