"""A recording in Parquet, written out as the CSV that the feed `file` plays."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from local.services.errors import StartError

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 10_000


def written_out(recording: Path, folder: Path) -> Path:
    """Where the CSV lies: row n of the recording is line n + 1. Raises StartError.

    A number keeps its exact value: a decimal its digits, a float the shortest ones that mean it.
    """
    target = folder / f"{recording.name}.csv"
    half = target.with_suffix(".half")
    with half.open("w", encoding="utf-8", newline="") as file:
        _write(recording, file)
    half.replace(target)
    return target


def _write(recording: Path, file: TextIO) -> None:
    # A hundred megabytes and more, which only those install who need it.
    try:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise StartError(
            "reading Parquet takes pyarrow, which is not installed (170 MB)",
            ".venv/bin/python -m pip install pyarrow, or bring the recording as CSV",
        ) from error

    try:
        with pq.ParquetFile(recording) as source:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(source.schema_arrow.names)
            for batch in source.iter_batches(_ROWS_AT_ONCE):
                writer.writerows(_rows(batch))
    except (pa.ArrowException, OSError) as error:
        raise StartError(
            f"{recording.name} is no Parquet file: {error}", "see docs/feeds.md"
        ) from error


def _rows(batch: "pa.RecordBatch") -> Iterator[list[str]]:
    for row in zip(*(_values(column) for column in batch.columns), strict=True):
        yield [_text(value) for value in row]


def _values(column: "pa.Array") -> list[object]:
    """Times to the microsecond, as everywhere here."""
    import pyarrow as pa  # noqa: PLC0415  # see _write

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[object] = column.to_pylist()
    return values


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{Decimal(repr(value)):f}"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
    return str(value)
