"""The day that it is in the market, by which things fall due."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from hub.application.orders.execute_orders import EXCHANGE
from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError


class MarketDay(NamedTuple):
    """`running` tells whether somebody keeps the market's clock."""

    day: date
    market_time: datetime
    running: bool


@dataclass(frozen=True, slots=True)
class MarketDays:
    market_data: MarketData
    calendars: Calendars
    clock: Clock

    def current(self) -> MarketDay:
        """The day whose session opened last. Raises UnavailableError where the calendar ends."""
        now = self.clock.now()
        market = self.market_data.view([]).clock
        market_time = market.held_at(now)
        session = self.calendars.around(EXCHANGE, market_time).session_before(market_time)
        if session is None:
            raise UnavailableError(f"the calendar does not reach {market_time:%Y-%m-%d}")
        return MarketDay(session.day, market_time, not market.source_stopped(now))
