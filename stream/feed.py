"""What the task needs of a market's source; the replay is one, a live one will be another."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.course import Course
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.clock import Jump, Turn

Event = Quote | Trade | Turn | Jump


class Stored(NamedTuple):
    """Where an earlier run of a feed was, and how it ran."""

    clock: MarketClock
    course: Course | None


class Feed(Protocol):
    """Trades, quotes and the market's opens and closes, in order, as they happen.

    A trade comes before the quote that shows it as the last. After each close comes a quote of
    every symbol that shows the session's closing print, and is marked as a last close. What was
    told shortly before a crash may be told again; a recorded trade then has the same id.
    A batch comes at least once a second of wall time, empty when nothing happened.
    """

    @property
    def calendar(self) -> Calendar:
        """The sessions that this source covers."""
        ...

    def clock(self) -> MarketClock:
        """The market clock, anchored at the moment up to which the batches have told."""
        ...

    def halted(self) -> MarketClock:
        """The market clock, stopped now; nothing that happened before it is untold."""
        ...

    def course(self) -> Course:
        """As of all that the batches have told."""
        ...

    def batches(self) -> AsyncIterator[Sequence[Event]]: ...
