"""Arrays of texts for PostgreSQL, written at once.

The rows of the books hold JSON, full of quotes; psycopg escapes each by a regular expression.
"""

from typing import Any

from psycopg import DataError
from psycopg.types.array import ListDumper


class TextsDumper(ListDumper):
    """Dumps lists; those of texts (and None) alone in its own way."""

    def dump(self, obj: list[Any]) -> Any:
        if all(each is None or isinstance(each, str) for each in obj) and obj:
            return _array(obj).encode()
        return super().dump(obj)


def _array(texts: list[str | None]) -> str:
    written = ",".join("NULL" if each is None else _quoted(each) for each in texts)
    if "\x00" in written:
        raise DataError("a text of PostgreSQL holds no NUL")
    return f"{{{written}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
