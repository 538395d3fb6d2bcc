"""Writes data/sessions.csv.gz: the regular sessions of the New York Stock Exchange.

The exchange's own calendar library is needed here and in the test that compares the two; what
runs in production reads the file. `python -m tools.build_sessions`.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path

import exchange_calendars

from hub.domain.market.calendar import Session

EXCHANGE = "XNYS"
FIRST = date(2000, 1, 1)
LAST = date(2027, 12, 31)
PATH = Path(__file__).parent.parent / "data" / "sessions.csv.gz"


def sessions() -> Iterator[Session]:
    """Every session of the years covered, early closes included, as the library knows them."""
    calendar = exchange_calendars.get_calendar(EXCHANGE, start=FIRST, end=LAST)
    for row in calendar.schedule.itertuples():
        opened, closed = (
            moment.to_pydatetime().astimezone(UTC) for moment in (row.open, row.close)
        )
        yield Session(EXCHANGE, row.Index.date(), opened, closed)


def write(path: Path) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["exchange", "date", "open_utc", "close_utc"])
    for session in sessions():
        rows.writerow([session.exchange, session.day, *map(_utc, (session.open, session.close))])
    # A fixed time stamp, so that writing the same sessions again gives the same file.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _utc(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


if __name__ == "__main__":
    write(PATH)
