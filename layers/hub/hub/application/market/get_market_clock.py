"""Tell what time it is in the market, and whether an exchange is open."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.ports.market import Calendars, MarketData
from hub.application.ports.system import Clock
from hub.domain.market.calendar import Session
from hub.domain.market.clock import MarketClock
from hub.domain.market.trading_day import Exchange


class MarketNow(NamedTuple):
    """`time` is market time, which runs `speed` times as fast as the wall.

    `running` is whether the source of market time is up; while it is down the market stands still.
    """

    exchange: Exchange
    time: datetime
    wall: datetime
    speed: float
    running: bool
    session: Session | None
    following: Session | None

    @property
    def is_open(self) -> bool:
        return self.running and self.session is not None


@dataclass(frozen=True, slots=True)
class GetMarketClock:
    market_data: MarketData
    calendars: Calendars
    clock: Clock

    def __call__(self, exchange: Exchange) -> MarketNow:
        market = self.market_data.view([]).clock
        return market_now(exchange, market, self.clock.now(), self.calendars)


def market_now(
    exchange: Exchange, market: MarketClock, wall: datetime, calendars: Calendars
) -> MarketNow:
    """What an anchor of the clock means when the wall shows `wall`."""
    now = market.held_at(wall)
    calendar = calendars.around(exchange, now)
    return MarketNow(
        exchange=exchange,
        time=now,
        wall=wall,
        speed=market.speed,
        running=not market.source_stopped(wall),
        session=calendar.session_at(now),
        following=calendar.next_session(now),
    )
