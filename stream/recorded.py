"""Reads the recorded files: the exchange's sessions and the daily prices."""

import csv
import gzip
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from hub.domain.market.calendar import Session
from stream.tape import Bar


def read_sessions(path: Path) -> list[Session]:
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        return [
            Session(
                exchange=row["exchange"],
                day=date.fromisoformat(row["date"]),
                open=datetime.fromisoformat(row["open_utc"]),
                close=datetime.fromisoformat(row["close_utc"]),
            )
            for row in csv.DictReader(file)
        ]


def read_bars(path: Path, since: date) -> list[Bar]:
    """The bars of `since` and later; prices exactly as recorded, up to four decimals."""
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        return [
            Bar(
                symbol=row["Ticker"],
                day=date.fromisoformat(row["Date"]),
                open=Decimal(row["Open"]),
                high=Decimal(row["High"]),
                low=Decimal(row["Low"]),
                close=Decimal(row["Close"]),
                volume=int(row["Volume"]),
            )
            for row in csv.DictReader(file)
            if date.fromisoformat(row["Date"]) >= since
        ]
