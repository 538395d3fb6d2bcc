"""Show the days on which an exchange trades."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from hub.application.cursors import cursor_after
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.system import Clock
from hub.domain.kernel import Fault, InvalidInputError
from hub.domain.market.trading_day import Exchange, TradingDay

_SHOWN = timedelta(days=30)
_DAY = timedelta(days=1)


class CalendarRange(NamedTuple):
    """None is today in the market, and thirty days from `start`. `after` is the last day shown."""

    exchange: Exchange
    start: date | None
    end: date | None
    after: date | None
    limit: int


class CalendarPage(NamedTuple):
    days: Sequence[TradingDay]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class GetMarketCalendar:
    calendars: Calendars
    market_data: MarketData
    clock: Clock

    def __call__(self, wanted: CalendarRange) -> CalendarPage:
        """One page, oldest first. Raises InvalidInputError where the end is before the start."""
        start = wanted.start or self._today()
        end = wanted.end or start + _SHOWN
        if end < start:
            raise backwards()
        first = max(start, wanted.after + _DAY) if wanted.after else start
        found = self.calendars.days(wanted.exchange, first, end, wanted.limit + 1)
        page = found[: wanted.limit]
        more = len(found) > wanted.limit
        return CalendarPage(page, cursor_after(page[-1].session.day.isoformat()) if more else None)

    def _today(self) -> date:
        return self.market_data.view([]).clock.held_at(self.clock.now()).date()


def backwards() -> InvalidInputError:
    fault = Fault("end", "range", "the end is before the start")
    return InvalidInputError("the range is empty", faults=(fault,))
