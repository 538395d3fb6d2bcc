"""The use cases of the market, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.market.drop_cache import DropCache
    from hub.application.market.get_cache import GetCache
    from hub.application.market.get_feed_clock import GetFeedClock
    from hub.application.market.get_instrument import GetInstrument
    from hub.application.market.get_market_calendar import GetMarketCalendar
    from hub.application.market.get_market_clock import GetMarketClock
    from hub.application.market.get_market_data import GetMarketData
    from hub.application.market.list_bars import ListBars
    from hub.application.market.list_instruments import ListInstruments
    from hub.application.market.list_market_data import ListMarketData
    from hub.application.market.set_feed_clock import SetFeedClock
    from hub.application.market.warm_cache import WarmCache
    from hub.application.ports.market import Bars, Calendars, Feeds, Instruments, MarketCache


class MarketUseCases(Parts):
    """See the use cases of the same names. What is read often has a cache in front."""

    @cached_property
    def cached_instruments(self) -> "Instruments":
        from hub.adapters.caching.market import CachedInstruments

        return CachedInstruments(self.instruments, self.aside)

    @cached_property
    def cached_calendars(self) -> "Calendars":
        from hub.adapters.caching.market import CachedCalendars

        return CachedCalendars(self.calendars, self.aside)

    @cached_property
    def bars(self) -> "Bars":
        from hub.adapters.postgres.market import PostgresBars

        return PostgresBars(self.database)

    @cached_property
    def cached_bars(self) -> "Bars":
        from hub.adapters.caching.market import CachedBars

        return CachedBars(self.bars, self.aside)

    @cached_property
    def market_cache(self) -> "MarketCache":
        from hub.adapters.caching.market_cache import AsideMarketCache

        return AsideMarketCache(self.instruments, self.calendars, self.bars, self.aside)

    @cached_property
    def list_instruments(self) -> "ListInstruments":
        from hub.application.market.list_instruments import ListInstruments

        return ListInstruments(self.cached_instruments)

    @cached_property
    def get_market_data(self) -> "GetMarketData":
        from hub.application.market.get_market_data import GetMarketData

        return GetMarketData(self.instruments, self.market_data, self.clock)

    @cached_property
    def list_market_data(self) -> "ListMarketData":
        from hub.application.market.list_market_data import ListMarketData

        return ListMarketData(self.instruments, self.market_data, self.clock)

    @cached_property
    def list_bars(self) -> "ListBars":
        from hub.application.market.list_bars import ListBars

        return ListBars(
            self.instruments, self.cached_bars, self.market_data, self.calendars, self.clock
        )

    @cached_property
    def get_instrument(self) -> "GetInstrument":
        from hub.application.market.get_instrument import GetInstrument

        return GetInstrument(self.instruments)

    @cached_property
    def get_market_clock(self) -> "GetMarketClock":
        from hub.application.market.get_market_clock import GetMarketClock

        return GetMarketClock(self.market_data, self.calendars, self.clock)

    @cached_property
    def get_market_calendar(self) -> "GetMarketCalendar":
        from hub.application.market.get_market_calendar import GetMarketCalendar

        return GetMarketCalendar(self.cached_calendars, self.market_data, self.clock)

    @cached_property
    def feeds(self) -> "Feeds":
        from hub.adapters.redis.feeds import RedisFeeds

        return RedisFeeds(self.redis_link, self.clock)

    @cached_property
    def get_feed_clock(self) -> "GetFeedClock":
        from hub.application.market.get_feed_clock import GetFeedClock

        return GetFeedClock(self.feeds, self.calendars, self.clock)

    @cached_property
    def set_feed_clock(self) -> "SetFeedClock":
        from hub.application.market.set_feed_clock import SetFeedClock

        return SetFeedClock(self.feeds, self.get_feed_clock, self.admin_record)

    @cached_property
    def warm_cache(self) -> "WarmCache":
        from hub.application.market.warm_cache import WarmCache

        return WarmCache(
            self.instruments, self.market_data, self.clock, self.market_cache, self.admin_record
        )

    @cached_property
    def drop_cache(self) -> "DropCache":
        from hub.application.market.drop_cache import DropCache

        return DropCache(self.instruments, self.market_cache, self.admin_record)

    @cached_property
    def get_cache(self) -> "GetCache":
        from hub.application.market.get_cache import GetCache

        return GetCache(self.market_cache, self.clock)
