"""Show a symbol's bars, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hub.application.cursors import cursor_after
from hub.application.market.get_instrument import listed
from hub.application.market.get_market_calendar import backwards
from hub.application.ports.market import BarRange, Bars, Calendars, Instruments, MarketData
from hub.application.ports.system import Clock
from hub.domain.market.bar import (
    Adjustment,
    Bar,
    DailyBar,
    Timeframe,
    adjusted,
    aggregated,
    period_end,
    period_start,
)
from hub.domain.market.instrument import Instrument

_SHOWN = timedelta(days=365)
_DAY = timedelta(days=1)
_MOST_SESSIONS = {Timeframe.DAY: 1, Timeframe.WEEK: 7, Timeframe.MONTH: 31}


class BarsWanted(NamedTuple):
    """None is today in the market, and a year before `end`. `after` is where the last page ended.

    A bar belongs to the range where its period begins in it; it is whole, or as far as the market
    has come.
    """

    symbol: str
    timeframe: Timeframe
    adjustment: Adjustment
    start: date | None
    end: date | None
    after: date | None
    limit: int


class BarPage(NamedTuple):
    """Adjusted prices are stated as of `as_of`, the market's time."""

    bars: Sequence[Bar]
    as_of: datetime
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListBars:
    instruments: Instruments
    bars: Bars
    market_data: MarketData
    calendars: Calendars
    clock: Clock

    def __call__(self, wanted: BarsWanted) -> BarPage:
        """Oldest first. Raises NotFoundError, or InvalidInputError for an end before the start."""
        instrument = listed(self.instruments, wanted.symbol)
        now = self.market_data.view([]).clock.held_at(self.clock.now())
        end = wanted.end or now.date()
        start = wanted.start or end - _SHOWN
        if end < start:
            raise backwards()
        days = self._days(wanted, start, end, instrument, now)
        found = list(aggregated(days, wanted.timeframe))
        page = found[: wanted.limit]
        more = len(found) > wanted.limit
        return BarPage(page, now, cursor_after(page[-1].start.isoformat()) if more else None)

    def _days(
        self, wanted: BarsWanted, start: date, end: date, instrument: Instrument, now: datetime
    ) -> Sequence[DailyBar]:
        """What comes after the session that closed last is the market's future."""
        closed = self.calendars.around(instrument.exchange, now).last_close(now)
        if closed is None:
            return []
        # A session's day is that of its close: every exchange closes before midnight of UTC.
        seen = closed.date()
        days = self.bars.daily(
            BarRange(
                instrument.instrument_id,
                _first_day(wanted, start),
                min(period_end(end, wanted.timeframe), seen),
                (wanted.limit + 1) * _MOST_SESSIONS[wanted.timeframe],
            )
        )
        if wanted.adjustment is Adjustment.RAW or not days:
            return days
        actions = self.bars.actions(instrument.instrument_id, days[0].day, seen)
        return adjusted(days, actions, wanted.adjustment)


def _first_day(wanted: BarsWanted, start: date) -> date:
    """The first day of the first period that begins in the range, after what was shown before."""
    first = period_start(start, wanted.timeframe)
    if first < start:
        first = period_end(start, wanted.timeframe) + _DAY
    if wanted.after is None:
        return first
    return max(first, period_end(wanted.after, wanted.timeframe) + _DAY)
