"""Rows as PostgreSQL takes them in one parameter per column: the text of an array.

psycopg would look at each element's type, and escape each quote by a regular expression: for the
rows of the books, which are JSON in many columns, half of an execution's work.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def array_text(values: Iterable[Any]) -> str:
    """The values as the text of an array. Raises TypeError for what it does not know."""
    return "{" + ",".join([_element(each) for each in values]) + "}"


def arrays(name: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """The parameters of `statements.parts.rows`: an array for each column."""
    names = columns.split()
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return {
        f"b_{name}_{column}": array_text(given) for column, given in zip(names, values, strict=True)
    }


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return _quoted(value)
    write = _WRITERS.get(type(value))
    if write is None:
        raise TypeError(f"no array holds a {type(value).__name__}")
    return write(value)


def _quoted(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a text of PostgreSQL holds no NUL")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_WRITERS: dict[type, Callable[[Any], str]] = {
    Decimal: str,
    int: str,
    bool: lambda value: "t" if value else "f",
    datetime: lambda moment: f'"{moment.isoformat()}"',
    date: date.isoformat,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}
