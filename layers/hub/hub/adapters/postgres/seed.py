"""Fills a migrated database with reference data: instruments, sessions, daily bars.

Adds what is missing and changes nothing that is there, so it may run at every start. Sessions are
the exception: an exchange may announce a holiday, and then the files are right.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import psycopg

_CALENDARS = ("sessions.csv.gz", "sessions_bvmf.csv.gz")
_NAMESPACE = UUID("6d0f6a52-5d0a-4a6e-9c58-2f1f6f1b7a10")


class Listing(NamedTuple):
    symbol: str
    name: str
    since: str


LISTINGS = (
    Listing("AAPL", "Apple Inc.", "1980-12-12"),
    Listing("FB", "Facebook, Inc.", "2012-05-18"),
    Listing("GOOG", "Google Inc.", "2004-08-19"),
    Listing("IBM", "International Business Machines Corp.", "1962-01-02"),
    Listing("MSFT", "Microsoft Corp.", "1986-03-13"),
)


def instrument_id(symbol: str) -> str:
    """The same in every installation, so that seeds can be repeated."""
    return str(uuid5(_NAMESPACE, symbol))


def seed(url: str, data: Path) -> None:
    """`data` is the folder with the sessions and the daily prices."""
    with psycopg.connect(url) as connection:
        for listing in LISTINGS:
            _list(connection, listing)
        _follow_calendars(connection, [data / name for name in _CALENDARS])
        bars = (_bar(row) for row in _rows(data / "us_stocks_daily.csv.gz"))
        columns = "instrument_id, day, open, high, low, close, volume, adjusted_close"
        _copy(connection, "daily_bars", columns, bars)
        actions = (_action(row) for row in _rows(data / "us_stocks_actions.csv"))
        columns = "instrument_id, ex_day, kind, new_shares, old_shares, amount"
        _copy(connection, "corporate_actions", columns, actions)


def list_symbols(url: str, symbols: Iterable[str]) -> None:
    """Symbols of a user's own recording become stocks of New York, named by their symbol."""
    with psycopg.connect(url) as connection:
        for symbol in symbols:
            _list(connection, Listing(symbol, symbol, "1900-01-01"))


def _list(connection: psycopg.Connection[Any], listing: Listing) -> None:
    stock = instrument_id(listing.symbol)
    connection.execute(
        "INSERT INTO instruments (instrument_id, name, category, exchange, currency)"
        " VALUES (%s, %s, 'stocks', 'XNYS', 'USD') ON CONFLICT DO NOTHING",
        (stock, listing.name),
    )
    connection.execute(
        "INSERT INTO instrument_symbols (symbol, valid_from, instrument_id)"
        " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (listing.symbol, listing.since, stock),
    )


def _follow_calendars(connection: psycopg.Connection[Any], files: Iterable[Path]) -> None:
    """Make the sessions in the database those of the files; rows that are right stay untouched."""
    connection.execute(
        "CREATE TEMPORARY TABLE given (LIKE exchange_sessions INCLUDING INDEXES) ON COMMIT DROP"
    )
    columns = "exchange, day, opens_at, closes_at, kind"
    for file in files:
        # Whole, as the server reads CSV itself: this runs at every start.
        with connection.cursor().copy(
            f"COPY given ({columns}) FROM STDIN (FORMAT csv, HEADER)"
        ) as copy:
            copy.write(gzip.decompress(file.read_bytes()))
    connection.execute(
        "DELETE FROM exchange_sessions WHERE (exchange, day) NOT IN"
        " (SELECT exchange, day FROM given)"
    )
    connection.execute(
        f"INSERT INTO exchange_sessions ({columns}) SELECT {columns} FROM given"  # noqa: S608  # this module's own words
        " ON CONFLICT (exchange, day) DO UPDATE SET opens_at = excluded.opens_at,"
        " closes_at = excluded.closes_at, kind = excluded.kind"
        " WHERE (exchange_sessions.opens_at, exchange_sessions.closes_at, exchange_sessions.kind)"
        " <> (excluded.opens_at, excluded.closes_at, excluded.kind)"
    )


def _rows(file: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _bar(row: dict[str, str]) -> tuple[str, ...]:
    prices = (row["Open"], row["High"], row["Low"], row["Close"])
    return instrument_id(row["Ticker"]), row["Date"], *prices, row["Volume"], row["Adj Close"]


def _action(row: dict[str, str]) -> tuple[str | None, ...]:
    terms = (row["new_shares"], row["old_shares"], row["amount"])
    return (
        instrument_id(row["symbol"]),
        row["ex_day"],
        row["kind"],
        *(each or None for each in terms),
    )


def _copy(
    connection: psycopg.Connection[Any],
    table: str,
    columns: str,
    rows: Iterable[tuple[str | None, ...]],
) -> None:
    """Add the rows that are not there yet. Table and columns are this module's own words."""
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    if row and row[0]:
        return
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for values in rows:
            copy.write_row(values)
