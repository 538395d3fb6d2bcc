"""What the task needs of a source of quotes; the replay is one, a live one will be another."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from stream.clock import Turn


class Feed(Protocol):
    """Quotes and the market's opens and closes, in order, as they happen.

    A batch comes at least once a second of wall time, empty when nothing happened.
    """

    @property
    def calendar(self) -> Calendar:
        """The sessions that this source covers."""
        ...

    def clock(self) -> MarketClock:
        """The market clock, anchored now."""
        ...

    def batches(self) -> AsyncIterator[Sequence[Quote | Turn]]: ...
