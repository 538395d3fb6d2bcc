"""A user's own recording as a tape: looked through once for mistakes, then read as it is played.

What is kept in memory is where each session begins, so a recording may be larger than that.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.trade import Condition, Trade
from stream.file_rows import Columns, RecordedTrade, Row, RowError
from stream.settings import SettingsError
from stream.tape import Bar, Item, RecordedQuote, prints_of_all

# The head of a file that some programs write.
_MARK = b"\xef\xbb\xbf"
_LONGEST_LINE = 4_096


class _Line(NamedTuple):
    number: int
    offset: int
    row: Row


class _Part(NamedTuple):
    """Where a session lies. `first` and `last` are the lines of each symbol's first and last trade,
    where the recording has no conditions of its own."""

    number: int
    offset: int
    first: dict[str, int]
    last: dict[str, int]


class FileTape:
    """Raises SettingsError, which names line and column, for a file that is no recording.

    Rows outside the regular sessions are counted in `outside` and left out. Rows are in order of
    time. Where nothing says which trade opened a session and which closed it, a symbol's first and
    last did.
    """

    def __init__(self, path: Path, sessions: Iterable[Session]) -> None:
        self._path = path
        self._parts: dict[date, _Part] = {}
        self.outside = 0
        symbols: set[str] = set()
        calendar = Calendar(sessions)
        with path.open("rb") as file:
            self._columns = _columns(path, file)
            for line in self._lines(file, 2, file.tell()):
                session = _session_of(line.row, calendar)
                if session is None:
                    self.outside += 1
                    continue
                symbols.add(line.row.symbol)
                self._note(line, session)
        self.symbols = frozenset(symbols)
        self.calendar = Calendar(
            session for day in self._parts if (session := calendar.last_session_until(day))
        )
        if not self._parts:
            raise SettingsError(f"{path.name} has no row within a session of the calendar")

    def prints(self, session: Session) -> Iterator[Item]:
        """Read from the file as they are asked for."""
        part = self._parts.get(session.day)
        if part is None:
            return
        with self._path.open("rb") as file:
            file.seek(part.offset)
            lines = self._lines(file, part.number, part.offset)
            own = takewhile(lambda line: _is_of(line.row, session), lines)
            if self._columns.daily:
                bars = [line.row for line in own if isinstance(line.row, Bar)]
                yield from prints_of_all(bars, session)
            else:
                yield from (item for line in own if (item := _item(line, session, part)))

    def _note(self, line: _Line, session: Session) -> None:
        part = self._parts.get(session.day)
        if part is None:
            part = self._parts[session.day] = _Part(line.number, line.offset, {}, {})
        if isinstance(line.row, RecordedTrade) and not self._columns.has_conditions:
            part.first.setdefault(line.row.symbol, line.number)
            part.last[line.row.symbol] = line.number

    def _lines(self, file: BinaryIO, number: int, offset: int) -> Iterator[_Line]:
        earlier = datetime.min.replace(tzinfo=UTC)
        while text := file.readline(_LONGEST_LINE):
            if text.strip():
                line = _Line(number, offset, self._row(text, number))
                now = _time_of(line.row)
                if now < earlier:
                    column = "date" if self._columns.daily else "time"
                    raise _wrong(self._path, number, f"{column}: before the row above")
                earlier = now
                yield line
            number, offset = number + 1, offset + len(text)

    def _row(self, text: bytes, number: int) -> Row:
        try:
            return self._columns.row(text.decode("utf-8"))
        except RowError as error:
            raise _wrong(self._path, number, str(error)) from error
        except UnicodeDecodeError as error:
            raise _wrong(self._path, number, "not UTF-8") from error


def _columns(path: Path, file: BinaryIO) -> Columns:
    try:
        return Columns(file.readline(_LONGEST_LINE).removeprefix(_MARK).decode("utf-8").strip())
    except RowError as error:
        raise _wrong(path, 1, str(error)) from error
    except UnicodeDecodeError as error:
        raise _wrong(path, 1, "not UTF-8") from error


def _wrong(path: Path, number: int, what: str) -> SettingsError:
    return SettingsError(f"{path.name}, line {number}: {what}")


def _time_of(row: Row) -> datetime:
    return datetime.combine(row.day, time.min, UTC) if isinstance(row, Bar) else row.time


def _session_of(row: Row, calendar: Calendar) -> Session | None:
    if isinstance(row, Bar):
        session = calendar.last_session_until(row.day)
        return session if session is not None and _is_of(row, session) else None
    return calendar.session_at(row.time)


def _is_of(row: Row, session: Session) -> bool:
    return session.day == row.day if isinstance(row, Bar) else session.holds(row.time)


def _item(line: _Line, session: Session, part: _Part) -> Item | None:
    """A trade's id is the same in every replay."""
    row = line.row
    if isinstance(row, RecordedQuote):
        return row
    if isinstance(row, Bar):
        return None
    derived: Condition = "regular"
    if part.first.get(row.symbol) == line.number:
        derived = "opening"
    elif part.last.get(row.symbol) == line.number:
        derived = "closing"
    number = f"{row.symbol}-{session.day:%Y%m%d}-{line.number}"
    return Trade(number, row.symbol, row.price, row.size, row.time, row.condition or derived)
