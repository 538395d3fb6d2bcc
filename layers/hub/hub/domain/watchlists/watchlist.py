"""A watchlist: some instruments in an order of the customer's, each once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hub.domain.kernel import CustomerId, Fault, InstrumentId, RejectedError

MOST_SYMBOLS = 20
MOST_WATCHLISTS = 50


class WatchlistFullError(RejectedError):
    code = "watchlist_full"


class Watched(NamedTuple):
    """`symbol` is how the instrument is called today."""

    instrument_id: InstrumentId
    symbol: str


class Watchlist(NamedTuple):
    """Methods return the next watchlist. `shared` tells whether a link leads to it."""

    watchlist_id: str
    customer_id: CustomerId
    name: str
    watched: tuple[Watched, ...]
    created_at: datetime
    updated_at: datetime
    shared: bool = False

    @property
    def symbols(self) -> list[str]:
        return [each.symbol for each in self.watched]

    def of(self, name: str, watched: Sequence[Watched], at: datetime) -> "Watchlist":
        """With another name and other instruments. Raises WatchlistFullError."""
        if (name, tuple(watched)) == (self.name, self.watched):
            return self
        check_length(watched)
        return self._replace(name=name, watched=tuple(watched), updated_at=at)

    def with_(self, new: Watched, place: int | None, at: datetime) -> "Watchlist":
        """With an instrument more, or at another place; at the end unless a place is given.

        Raises WatchlistFullError.
        """
        known = new in self.watched
        if known and place is None:
            return self
        others = [each for each in self.watched if each != new]
        others.insert(len(others) if place is None else place, new)
        return self.of(self.name, others, at)

    def without(self, symbol: str, at: datetime) -> "Watchlist":
        return self.of(self.name, [each for each in self.watched if each.symbol != symbol], at)


def check_length(watched: Sequence[Watched]) -> None:
    """Raises WatchlistFullError."""
    if len(watched) > MOST_SYMBOLS:
        message = f"a watchlist has at most {MOST_SYMBOLS} symbols"
        raise WatchlistFullError(message, faults=(Fault("symbols", "max_length", message),))
