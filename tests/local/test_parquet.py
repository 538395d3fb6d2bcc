"""A recording in Parquet is played as the same recording in CSV would be."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.parquet import written_out
from local.services.errors import StartError
from stream.file_tape import FileTape
from stream.recorded import read_sessions
from stream.settings import SettingsError
from stream.tape import RecordedQuote
from tests.stream.market import DATA

OPENED = datetime(2024, 7, 2, 13, 30, tzinfo=UTC)


def recording(folder: Path, **columns: pa.Array) -> Path:
    path = folder / "own.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def played(path: Path, folder: Path) -> list[object]:
    tape = FileTape(written_out(path, folder), read_sessions(DATA / "sessions.csv.gz"))
    session = tape.calendar.session_at(OPENED)
    assert session is not None
    return list(tape.prints(session))


def nanoseconds(*moments: datetime) -> pa.Array:
    counts = [int(moment.timestamp()) * 1_000_000_000 + 125 for moment in moments]
    return pa.array(counts, pa.timestamp("ns", tz="America/New_York"))


def test_quotes_are_played_with_their_exact_numbers_and_times(tmp_path: Path):
    path = recording(
        tmp_path,
        time=nanoseconds(OPENED, OPENED + timedelta(seconds=1)),
        symbol=pa.array(["ACME", "B.X"]).dictionary_encode(),
        bid=pa.array([10.1, 0.0001]),
        ask=pa.array([Decimal("10.1200"), Decimal("7.0000")]),
        bid_size=pa.array([300, 1]),
        ask_size=pa.array(["0.5", "12"]),
    )

    assert played(path, tmp_path) == [
        RecordedQuote(
            "ACME", Decimal("10.1"), Decimal("10.12"), Decimal(300), Decimal("0.5"), OPENED
        ),
        RecordedQuote(
            "B.X",
            Decimal("0.0001"),
            Decimal(7),
            Decimal(1),
            Decimal(12),
            OPENED + timedelta(seconds=1),
        ),
    ]


def test_what_is_missing_is_empty_and_what_is_wrong_is_named(tmp_path: Path):
    path = recording(
        tmp_path,
        time=nanoseconds(OPENED, OPENED),
        symbol=pa.array(["ACME", "ACME"]),
        price=pa.array([10.01, None]),
        size=pa.array([100, 100]),
    )

    with pytest.raises(SettingsError, match=r"own\.parquet\.csv, line 3: price: '' is not"):
        played(path, tmp_path)


def test_a_time_without_a_zone_is_refused(tmp_path: Path):
    path = recording(
        tmp_path,
        time=pa.array([OPENED.replace(tzinfo=None)]),
        symbol=pa.array(["ACME"]),
        price=pa.array([10.01]),
        size=pa.array([100]),
    )

    with pytest.raises(SettingsError, match="line 2: time"):
        played(path, tmp_path)


def test_what_is_no_parquet_is_said_so(tmp_path: Path):
    path = tmp_path / "own.parquet"
    path.write_text("time,symbol\n")

    with pytest.raises(StartError, match=r"own\.parquet is no Parquet file"):
        written_out(path, tmp_path)
