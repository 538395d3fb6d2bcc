"""The market as use cases see it: quotes, its clock, instruments and calendars."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hub.domain.kernel import InstrumentId
from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote

if TYPE_CHECKING:  # the order path imports this module, and pays for no bars
    from hub.domain.market.bar import DailyBar, Dividend, Split
    from hub.domain.market.course import Course, Wish
    from hub.domain.market.trading_day import TradingDay


class MarketView(NamedTuple):
    """What the market shows at one moment. A symbol without any price is absent from `quotes`."""

    clock: MarketClock
    quotes: Mapping[str, Quote]


class MarketData(Protocol):
    def view(self, symbols: Sequence[str]) -> MarketView:
        """The latest quotes and the market clock, in one round trip to where they live."""


class Feed(NamedTuple):
    """The market's clock, and what drives it."""

    clock: MarketClock
    course: "Course"


class Feeds(Protocol):
    """The market's source. Every method may raise UnavailableError."""

    def read(self) -> Feed: ...

    def wish(self, wanted: "Wish") -> None:
        """Returns when it has happened, which is soon or never.

        Raises RejectedError for what the source refuses. After UnavailableError the outcome is not
        known; `read` tells.
        """


class InstrumentFilter(NamedTuple):
    """What is looked for; None does not filter. `text` is a part of name or symbol, in any case.

    `symbol` is how a symbol begins; `after` is the symbol with which the last page ended.
    """

    text: str | None
    name: str | None
    symbol: str | None
    kind: str | None
    exchange: str | None
    after: str | None
    limit: int


class Instruments(Protocol):
    def find(self, symbol: str) -> Instrument | None: ...

    def search(self, wanted: InstrumentFilter) -> Sequence[Instrument]:
        """By symbol."""


class Calendars(Protocol):
    def around(self, exchange: str, moment: datetime) -> Calendar:
        """The sessions of some days before `moment` and of a hundred after it."""

    def days(self, exchange: str, first: date, last: date, limit: int) -> "Sequence[TradingDay]":
        """The days of trade from `first` to `last`, in order."""


class BarRange(NamedTuple):
    """The first `limit` bars of an instrument's days from `first` to `last`."""

    instrument_id: InstrumentId
    first: date
    last: date
    limit: int


class Bars(Protocol):
    def daily(self, wanted: BarRange) -> "Sequence[DailyBar]":
        """Oldest first, as traded."""

    def actions(
        self, instrument_id: InstrumentId, after: date, last: date
    ) -> "Sequence[Split | Dividend]":
        """With an ex date after one day, up to another."""


class CachedFamily(NamedTuple):
    """How many keys of one kind the cache holds, and when the oldest and newest were stored."""

    name: str
    entries: int
    oldest: datetime | None
    newest: datetime | None


class MarketCache(Protocol):
    """The cache of the market's data as those see it who run the platform."""

    def warm(self, instruments: Sequence[Instrument], page: InstrumentFilter, today: date) -> int:
        """Make anew what is asked for most. How many entries were stored."""

    def drop(self, instruments: Sequence[Instrument] | None) -> int:
        """Forget what is held of instruments, or everything. Raises UnavailableError."""

    def state(self) -> Sequence[CachedFamily]:
        """Raises UnavailableError."""
