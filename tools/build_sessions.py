"""Writes the sessions of the exchanges to data/: what their calendar library says, corrected.

The library is needed here and in the tests that compare the two; what runs in production reads
the files. Where the library is wrong, `data/session_overrides.csv` says what is right.
`python -m tools.build_sessions`, when the library has a new release.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import exchange_calendars

from hub.domain.market.calendar import Session
from hub.domain.market.trading_day import DayKind, TradingDay

FIRST = date(2000, 1, 1)
LAST = date(2027, 12, 31)
DATA = Path(__file__).parent.parent / "data"
FILES = {"XNYS": "sessions.csv.gz", "BVMF": "sessions_bvmf.csv.gz"}


class Override(NamedTuple):
    """From `first` to `last` the exchange closes at another time of its own zone."""

    exchange: str
    first: date
    last: date
    close: time

    def holds(self, session: Session) -> bool:
        return self.exchange == session.exchange and self.first <= session.day <= self.last


def overrides() -> list[Override]:
    with (DATA / "session_overrides.csv").open(encoding="ascii", newline="") as file:
        return [
            Override(
                row["exchange"],
                date.fromisoformat(row["first"]),
                date.fromisoformat(row["last"]),
                time.fromisoformat(row["close_local"]),
            )
            for row in csv.DictReader(file)
        ]


def trading_days(exchange: str) -> Iterator[TradingDay]:
    """Every session of the years covered, early closes included."""
    calendar = _calendar(exchange)
    early = {moment.date() for moment in calendar.early_closes}
    late = {moment.date() for moment in calendar.late_opens}
    corrections = overrides()
    for session in sessions(exchange):
        kind = DayKind.REGULAR
        if session.day in early:
            kind = DayKind.EARLY_CLOSE
        elif session.day in late:
            kind = DayKind.LATE_OPEN
        override = next((each for each in corrections if each.holds(session)), None)
        if override is not None and kind is not DayKind.EARLY_CLOSE:
            close = datetime.combine(session.day, override.close, ZoneInfo(str(calendar.tz)))
            session = session._replace(close=close.astimezone(UTC))  # noqa: PLW2901  # its correction
        yield TradingDay(session, kind)


def sessions(exchange: str = "XNYS") -> Iterator[Session]:
    """The sessions as the library knows them."""
    for row in _calendar(exchange).schedule.itertuples():
        opened, closed = (
            moment.to_pydatetime().astimezone(UTC) for moment in (row.open, row.close)
        )
        yield Session(exchange, row.Index.date(), opened, closed)


def _calendar(exchange: str) -> Any:
    return exchange_calendars.get_calendar(exchange, start=FIRST, end=LAST)


def write(exchange: str, path: Path) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["exchange", "date", "open_utc", "close_utc", "kind"])
    for session, kind in trading_days(exchange):
        moments = map(_utc, (session.open, session.close))
        rows.writerow([session.exchange, session.day, *moments, kind])
    # A fixed time stamp, so that writing the same sessions again gives the same file.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _utc(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


if __name__ == "__main__":
    for name, file in FILES.items():
        write(name, DATA / file)
