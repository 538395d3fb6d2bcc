"""The market's cache from its other side: filled ahead, emptied, looked at."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from hub.adapters.caching.aside import PREFIX, Aside
from hub.adapters.caching.families import (
    ACTIONS,
    BARS,
    FAMILIES,
    INSTRUMENTS,
    QUOTES,
    SESSIONS,
)
from hub.adapters.caching.market import (
    all_actions,
    bar_years,
    page_name,
    session_years,
)
from hub.application.ports.cache import CacheDownError
from hub.application.ports.market import (
    Bars,
    CachedFamily,
    Calendars,
    InstrumentFilter,
    Instruments,
)
from hub.domain.kernel import UnavailableError
from hub.domain.market.instrument import Instrument
from hub.domain.market.trading_day import Exchange


@dataclass(frozen=True, slots=True)
class AsideMarketCache:
    """`instruments`, `calendars` and `bars` are those behind the cache."""

    instruments: Instruments
    calendars: Calendars
    bars: Bars
    aside: Aside

    def warm(self, instruments: Sequence[Instrument], page: InstrumentFilter, today: date) -> int:
        """What the default requests ask for: a year of bars, a month of sessions, a first page."""
        store = self.aside.store
        stored = store(INSTRUMENTS, {page_name(page): self.instruments.search(page)})
        for exchange in Exchange:
            years = [today.year, today.year + 1]
            stored += store(SESSIONS, session_years(self.calendars, exchange, years))
        for each in instruments:
            years = [today.year - 1, today.year]
            stored += store(BARS, bar_years(self.bars, each.instrument_id, years))
            stored += store(ACTIONS, all_actions(self.bars, each.instrument_id))
        return stored

    def drop(self, instruments: Sequence[Instrument] | None) -> int:
        starts = [PREFIX]
        if instruments is not None:
            starts = [start for each in instruments for start in _starts(each)]
        with _needed():
            cache = self.aside.cache
            keys = {entry.key for start in starts for entry in cache.entries(start)}
            return cache.drop(sorted(keys)) if keys else 0

    def state(self) -> Sequence[CachedFamily]:
        found = []
        with _needed():
            for family in FAMILIES:
                moments = [each.at for each in self.aside.cache.entries(family.key(""))]
                found.append(
                    CachedFamily(
                        family.name,
                        len(moments),
                        min(moments, default=None),
                        max(moments, default=None),
                    )
                )
        return found


def _starts(instrument: Instrument) -> list[str]:
    """How the keys begin that know of an instrument; a page may, so all pages do."""
    by_id = instrument.instrument_id
    return [
        QUOTES.key(f"{instrument.symbol}:"),
        INSTRUMENTS.key(""),
        BARS.key(f"{by_id}:"),
        ACTIONS.key(by_id),
    ]


@contextmanager
def _needed() -> Iterator[None]:
    try:
        yield
    except CacheDownError as error:
        raise UnavailableError("the cache does not answer", code="cache") from error
