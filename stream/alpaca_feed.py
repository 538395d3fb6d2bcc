"""Alpaca's live market as a feed: wall time is market time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.course import Course
from stream.alpaca_line import AlpacaLine, Waits
from stream.alpaca_wire import LiveQuote, LiveStatus, LiveTrade, Message
from stream.feed import Event, Stored
from stream.live_market import LiveMarket
from stream.settings import AlpacaSettings

_AT_MOST_SECONDS = 0.5
# Frames that wait. When so many do, the source is not read: it will say that we are slow.
_MOST_FRAMES = 5_000
# So far the source's clock may be ahead of ours: its first prints open the session.
_AHEAD = timedelta(seconds=2)


class AlpacaFeed:
    """Opens and closes since `stored` are told first."""

    def __init__(
        self,
        calendar: Calendar,
        settings: AlpacaSettings,
        counts: Counter[str],
        stored: Stored | None,
        waits: Waits | None = None,
    ) -> None:
        now = datetime.now(UTC)
        kept = stored if stored and stored.course and stored.course.feed == "alpaca" else None
        seen = min(kept.clock.market, now) if kept else now
        self._calendar = calendar
        self._market = LiveMarket(calendar, int(now.timestamp() * 1000), seen, counts)
        self._line = AlpacaLine(settings, counts, waits)
        self._frames: asyncio.Queue[list[Message] | None] = asyncio.Queue(_MOST_FRAMES)

    @property
    def calendar(self) -> Calendar:
        return self._calendar

    def clock(self) -> MarketClock:
        return self._market.clock(datetime.now(UTC))

    def halted(self) -> MarketClock:
        return self.clock()._replace(speed=0.0)

    def course(self) -> Course:
        return Course("alpaca", virtual=False, speed=1.0)

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        reading = asyncio.ensure_future(self._line.run(self._frames.put, self._lost))
        try:
            while not reading.done():
                frames = await self._arrived()
                happened = self._market.advance(_now(frames))
                for frame in frames:
                    happened += self._told(frame)
                yield happened
            reading.result()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _lost(self) -> None:
        """In its turn among the frames."""
        await self._frames.put(None)

    async def _arrived(self) -> list[list[Message] | None]:
        """What has come; nothing after a while without anything."""
        try:
            async with asyncio.timeout(_AT_MOST_SECONDS):
                arrived = [await self._frames.get()]
        except TimeoutError:
            return []
        while not self._frames.empty():
            arrived.append(self._frames.get_nowait())
        return arrived

    def _told(self, frame: list[Message] | None) -> list[Event]:
        if frame is None:
            self._market.lost()
            return []
        happened: list[Event] = []
        for message in frame:
            match message:
                case LiveQuote():
                    happened += self._market.quote(message)
                case LiveTrade():
                    happened += self._market.trade(message)
                case LiveStatus():
                    self._market.status(message)
        return happened


def _now(frames: Sequence[list[Message] | None]) -> datetime:
    wall = datetime.now(UTC)
    told = [
        message.time
        for frame in frames
        for message in frame or ()
        if isinstance(message, LiveQuote | LiveTrade)
    ]
    return max([wall, *(moment for moment in told if moment <= wall + _AHEAD)])
