"""Reads a user's own recording: the columns of its CSV, and each row, with what is wrong of it.

The head line chooses the form. Quotes and trades, with the columns of one kind or of both (then a
row has those of one kind and leaves the others empty):

    time,symbol,bid,ask,bid_size,ask_size
    time,symbol,price,size[,condition]

`time` is RFC 3339 with a zone; `condition` regular, opening or closing. Or whole days, whose four
prices become prints as those of the replay do:

    date,symbol,open,high,low,close,volume
"""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from hub.domain.market.trade import Condition, condition
from stream.tape import Bar, RecordedQuote

T = TypeVar("T")

_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,9}", re.ASCII)
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
_SIZE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_VOLUME = re.compile(r"[0-9]{1,15}", re.ASCII)
_QUOTED = ("bid", "ask", "bid_size", "ask_size")
_TRADED = ("price", "size", "condition")
_DAILY = ("date", "symbol", "open", "high", "low", "close", "volume")
_NEEDED = (
    frozenset({"time", "symbol", *_QUOTED}),
    frozenset({"time", "symbol", *_QUOTED, "price", "size"}),
    frozenset({"time", "symbol", "price", "size"}),
    frozenset(_DAILY),
)
_KNOWN = frozenset({"time", "symbol", *_QUOTED, *_TRADED})


class RowError(Exception):
    """What is wrong, and in which column."""

    def __init__(self, column: str, rule: str) -> None:
        super().__init__(f"{column}: {rule}")


class RecordedTrade(NamedTuple):
    """`condition` is None where the recording has no such column."""

    symbol: str
    price: Decimal
    size: Decimal
    time: datetime
    condition: Condition | None


Row = RecordedQuote | RecordedTrade | Bar


class Columns:
    """The form of one recording, as its head line has it. Raises RowError."""

    def __init__(self, head: str) -> None:
        self._names = [name.strip() for name in _fields(head)]
        given = frozenset(self._names)
        if len(given) != len(self._names):
            raise RowError("the head line", "a column stands twice")
        self.daily = given == frozenset(_DAILY)
        if not self.daily and (given - {"condition"} not in _NEEDED or not given <= _KNOWN):
            raise RowError("the head line", f"not the columns of a recording: {sorted(given)}")
        self.has_conditions = "condition" in given

    def row(self, line: str) -> Row:
        """Raises RowError."""
        fields = _fields(line)
        if len(fields) != len(self._names):
            raise RowError("the line", f"{len(fields)} fields instead of {len(self._names)}")
        values = dict(zip(self._names, fields, strict=True))
        if self.daily:
            return _bar(values)
        if not any(values.get(name) for name in _TRADED):
            return _quote(values)
        if any(values.get(name) for name in _QUOTED):
            raise RowError("price", "a row is a quote or a trade, not both")
        return _trade(values, has_conditions=self.has_conditions)


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except (csv.Error, StopIteration) as error:
        raise RowError("the line", "no comma-separated values") from error


def _quote(values: Mapping[str, str]) -> RecordedQuote:
    bid, ask = (_read(values, name, _price) for name in ("bid", "ask"))
    if bid > ask:
        raise RowError("bid", f"{bid} is above the ask of {ask}")
    bid_size, ask_size = (_read(values, name, _size) for name in ("bid_size", "ask_size"))
    symbol, time = _read(values, "symbol", _symbol), _read(values, "time", _time)
    return RecordedQuote(symbol, bid, ask, bid_size, ask_size, time)


def _trade(values: Mapping[str, str], *, has_conditions: bool) -> RecordedTrade:
    return RecordedTrade(
        _read(values, "symbol", _symbol),
        _read(values, "price", _price),
        _read(values, "size", _size),
        _read(values, "time", _time),
        _read(values, "condition", _condition) if has_conditions else None,
    )


def _bar(values: Mapping[str, str]) -> Bar:
    names = ("open", "high", "low", "close")
    first, high, low, last = (_read(values, name, _price) for name in names)
    if not low <= min(first, last) <= max(first, last) <= high:
        raise RowError("high", "high and low are not the highest and the lowest")
    symbol, day = _read(values, "symbol", _symbol), _read(values, "date", _day)
    return Bar(symbol, day, first, high, low, last, _read(values, "volume", _volume))


def _read(values: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    text = values.get(name, "").strip()
    try:
        return parse(text)
    except ValueError as error:
        raise RowError(name, f"{text[:40]!r} is not {_EXPECTED[parse]}") from error


def _matched(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


def _positive(text: str, pattern: re.Pattern[str]) -> Decimal:
    number = Decimal(_matched(text, pattern))
    if not number:
        raise ValueError(text)
    return number


def _symbol(text: str) -> str:
    return _matched(text, _SYMBOL)


def _price(text: str) -> Decimal:
    return _positive(text, _PRICE)


def _size(text: str) -> Decimal:
    return _positive(text, _SIZE)


def _volume(text: str) -> int:
    return int(_matched(text, _VOLUME))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _condition(text: str) -> Condition:
    return condition(text or "regular")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
        raise ValueError(text)
    return moment.astimezone(UTC)


_EXPECTED: dict[object, str] = {
    _symbol: "a symbol of 1 to 10 capital letters",
    _price: "a price above 0 with up to 4 decimals",
    _size: "a size above 0",
    _volume: "a whole number",
    _day: "a date such as 2012-06-01",
    _condition: "regular, opening or closing",
    _time: "a time with its zone such as 2012-06-01T13:30:00Z",
}
