"""Show what drives the market, how its clock runs, and what time it is there."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.market.get_market_clock import MarketNow, market_now
from hub.application.ports.market import Calendars, Feeds
from hub.application.ports.system import Clock
from hub.domain.market.course import Course
from hub.domain.market.trading_day import Exchange


class FeedNow(NamedTuple):
    course: Course
    now: MarketNow


@dataclass(frozen=True, slots=True)
class GetFeedClock:
    feeds: Feeds
    calendars: Calendars
    clock: Clock

    def __call__(self) -> FeedNow:
        """Raises UnavailableError where nobody keeps the clock."""
        feed = self.feeds.read()
        now = market_now(Exchange.NEW_YORK, feed.clock, self.clock.now(), self.calendars)
        return FeedNow(feed.course, now)
