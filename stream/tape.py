"""The prints of recorded days: which prices are replayed, when, and quoted how. No I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple, Protocol

from hub.domain.kernel import price_increment
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.trade import Condition, Trade

# The last print stands for a minute before the bell, so that it can still be traded on.
_BEFORE_CLOSE = timedelta(minutes=1)
_BASIS_POINT = Decimal("0.0001")
_CONDITIONS: tuple[Condition, ...] = ("opening", "regular", "regular", "closing")
_PRINTS = len(_CONDITIONS)
# What is said to have traded at a print where the day's volume does not tell.
PRINT_SIZE = Decimal(100)


class Bar(NamedTuple):
    """What is recorded of one symbol's day."""

    symbol: str
    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


class Touch(NamedTuple):
    """The best bid and ask around a print."""

    bid: Decimal
    ask: Decimal


class RecordedQuote(NamedTuple):
    """A quote as it was recorded."""

    symbol: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    time: datetime


Item = Trade | RecordedQuote


class Recording(Protocol):
    """What a replay plays: the calendar has those sessions alone that have something recorded."""

    @property
    def calendar(self) -> Calendar: ...

    @property
    def symbols(self) -> frozenset[str]: ...

    def prints(self, session: Session) -> Iterator[Item]:
        """What is recorded of a session, in order of time."""
        ...


class Ahead:
    """Items yet to come. They are read one by one: `next` is None after the last."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items = iter(items)
        self.next = next(self._items, None)

    def take(self) -> Item | None:
        taken, self.next = self.next, next(self._items, None)
        return taken


class Tape:
    """The prints of every recorded session, and the calendar of those sessions alone."""

    def __init__(self, bars: Iterable[Bar], sessions: Iterable[Session]) -> None:
        self._bars: dict[date, list[Bar]] = defaultdict(list)
        for bar in bars:
            self._bars[bar.day].append(bar)
        self.symbols = frozenset(bar.symbol for bars in self._bars.values() for bar in bars)
        self.calendar = Calendar(session for session in sessions if session.day in self._bars)

    def prints(self, session: Session) -> Iterator[Trade]:
        """The session's prints in order of time."""
        return prints_of_all(self._bars.get(session.day, ()), session)


def prints_of_all(bars: Iterable[Bar], session: Session) -> Iterator[Trade]:
    """In order of time."""
    every = (each for bar in bars for each in prints_of(bar, session))
    return iter(sorted(every, key=lambda each: each.time))


def prints_of(bar: Bar, session: Session) -> tuple[Trade, ...]:
    """Open, the extreme nearer the open, the other one, close: over the session's real hours.

    The prices are real; moments and sizes within the day are not recorded. Each print is given a
    quarter of the day's volume, in whole shares, and an id that is the same in every replay.
    """
    low_first = bar.open - bar.low <= bar.high - bar.open
    extremes = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    third = (session.close - session.open) / 3
    moments = (
        session.open,
        session.open + third,
        session.open + 2 * third,
        session.close - _BEFORE_CLOSE,
    )
    size = Decimal(bar.volume // _PRINTS) or PRINT_SIZE
    return tuple(
        Trade(f"{bar.symbol}-{bar.day:%Y%m%d}-{number}", bar.symbol, price, size, moment, condition)
        for number, (moment, price, condition) in enumerate(
            zip(moments, (bar.open, *extremes, bar.close), _CONDITIONS, strict=True), 1
        )
    )


def touch(price: Decimal, basis_points: Decimal) -> Touch:
    """Bid and ask half a spread away from `price`, outward on the increment.

    The spread is the one invented number of the replay: nothing but trades is recorded. It is
    `basis_points` of the price, at least one increment.
    """
    step = price_increment(price)
    half = max(step, price * basis_points * _BASIS_POINT) / 2
    return Touch(
        bid=_on(step, price - half, ROUND_FLOOR), ask=_on(step, price + half, ROUND_CEILING)
    )


def _on(step: Decimal, price: Decimal, rounding: str) -> Decimal:
    return price.quantize(step, rounding=rounding)
