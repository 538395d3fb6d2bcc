"""Instruments, calendars and bars, with a cache in front of each.

Days are cached by the year, whatever range is asked for: few keys serve all, and nobody can fill
the cache by asking for ever other ranges.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from hub.adapters.caching.aside import Aside
from hub.adapters.caching.families import ACTIONS, BARS, INSTRUMENTS, SESSIONS
from hub.application.ports.market import (
    BarRange,
    Bars,
    Calendars,
    InstrumentFilter,
    Instruments,
)
from hub.domain.kernel import InstrumentId
from hub.domain.market.bar import DailyBar, Dividend, Split
from hub.domain.market.calendar import Calendar
from hub.domain.market.instrument import Instrument
from hub.domain.market.trading_day import TradingDay

Row = TypeVar("Row")
_FEWEST_SESSIONS = 200
_MOST_SESSIONS = 366


@dataclass(frozen=True, slots=True)
class CachedInstruments:
    """Searches for words go past the cache, which would hold every word that anybody tried."""

    instruments: Instruments
    aside: Aside

    def find(self, symbol: str) -> Instrument | None:
        return self.instruments.find(symbol)

    def search(self, wanted: InstrumentFilter) -> Sequence[Instrument]:
        if wanted.text or wanted.name or wanted.symbol or wanted.kind:
            return self.instruments.search(wanted)
        name = page_name(wanted)
        read = self.aside.read(
            INSTRUMENTS, [name], lambda _: {name: self.instruments.search(wanted)}
        )
        return read[name]


@dataclass(frozen=True, slots=True)
class CachedCalendars:
    calendars: Calendars
    aside: Aside

    def around(self, exchange: str, moment: datetime) -> Calendar:
        return self.calendars.around(exchange, moment)

    def days(self, exchange: str, first: date, last: date, limit: int) -> Sequence[TradingDay]:
        def years(wanted: Sequence[int]) -> Mapping[int, Sequence[TradingDay]]:
            names = {session_name(exchange, year): year for year in wanted}
            read = self.aside.read(
                SESSIONS,
                list(names),
                lambda missing: session_years(
                    self.calendars, exchange, [names[name] for name in missing]
                ),
            )
            return {year: read[name] for name, year in names.items()}

        return _within(first, last, limit, years, lambda each: each.session.day)


@dataclass(frozen=True, slots=True)
class CachedBars:
    bars: Bars
    aside: Aside

    def daily(self, wanted: BarRange) -> Sequence[DailyBar]:
        instrument_id = wanted.instrument_id

        def years(asked: Sequence[int]) -> Mapping[int, Sequence[DailyBar]]:
            names = {bar_name(instrument_id, year): year for year in asked}
            read = self.aside.read(
                BARS,
                list(names),
                lambda missing: bar_years(
                    self.bars, instrument_id, [names[name] for name in missing]
                ),
            )
            return {year: read[name] for name, year in names.items()}

        return _within(wanted.first, wanted.last, wanted.limit, years, lambda each: each.day)

    def actions(
        self, instrument_id: InstrumentId, after: date, last: date
    ) -> Sequence[Split | Dividend]:
        read = self.aside.read(
            ACTIONS, [instrument_id], lambda _: all_actions(self.bars, instrument_id)
        )
        return [each for each in read[instrument_id] if after < each.ex_day <= last]


def page_name(page: InstrumentFilter) -> str:
    return f"{page.exchange or '*'}:{page.after or ''}:{page.limit}"


def session_name(exchange: str, year: int) -> str:
    return f"{exchange}:{year}"


def session_years(
    calendars: Calendars, exchange: str, years: Sequence[int]
) -> Mapping[str, Sequence[TradingDay]]:
    """The sessions of each year, by their name in the cache."""
    found = calendars.days(exchange, *_span(years), _MOST_SESSIONS * _reach(years))
    return {
        session_name(exchange, year): [each for each in found if each.session.day.year == year]
        for year in years
    }


def bar_name(instrument_id: InstrumentId, year: int) -> str:
    return f"{instrument_id}:{year}"


def bar_years(
    bars: Bars, instrument_id: InstrumentId, years: Sequence[int]
) -> Mapping[str, Sequence[DailyBar]]:
    """The bars of each year, by their name in the cache."""
    whole = BarRange(instrument_id, *_span(years), _MOST_SESSIONS * _reach(years))
    found = bars.daily(whole)
    return {
        bar_name(instrument_id, year): [each for each in found if each.day.year == year]
        for year in years
    }


def all_actions(
    bars: Bars, instrument_id: InstrumentId
) -> Mapping[str, Sequence[Split | Dividend]]:
    return {instrument_id: bars.actions(instrument_id, date.min, date.max)}


def _span(years: Sequence[int]) -> tuple[date, date]:
    return date(min(years), 1, 1), date(max(years), 12, 31)


def _reach(years: Sequence[int]) -> int:
    return max(years) - min(years) + 1


def _within(
    first: date,
    last: date,
    limit: int,
    years: Callable[[Sequence[int]], Mapping[int, Sequence[Row]]],
    day_of: Callable[[Row], date],
) -> list[Row]:
    """The first `limit` rows of a range, reading no more years than are likely to hold them."""
    found: list[Row] = []
    left = list(range(first.year, last.year + 1))
    while left and len(found) < limit:
        likely = (limit - len(found)) // _FEWEST_SESSIONS + 1
        batch, left = left[:likely], left[likely:]
        read = years(batch)
        found += [row for year in batch for row in read[year] if first <= day_of(row) <= last]
    return found[:limit]
