"""What the leading task does: runs the feed, tells what happens, keeps the clock."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hub.domain.kernel import UnavailableError
from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.bars import BarMaker
from stream.clock import Jump, Turn
from stream.feed import Event, Feed, Stored
from stream.postgres_clock import PostgresClock
from stream.redis_market import RedisMarket
from stream.status import Status
from stream.updates import Content, Numbers

log = logging.getLogger(__name__)

SAVE_EVERY = timedelta(seconds=2)
_RETRY_AFTER = 1.0

QuoteObserver = Callable[[Quote], Awaitable[None]]
TradeObserver = Callable[[Trade], Awaitable[None]]
TurnObserver = Callable[[Turn], Awaitable[None]]


class Observers(NamedTuple):
    """Called in the feed's order, one after the other; the feed waits. An error of theirs ends the
    task.

    Trades and quotes are in Redis, if Redis answers, before they are observed. An open or close is
    told at least once: before the clock that shows it is saved, so that a crash in between repeats
    it.
    """

    quotes: Sequence[QuoteObserver] = ()
    trades: Sequence[TradeObserver] = ()
    turns: Sequence[TurnObserver] = ()
    settled: Sequence[Callable[[], Awaitable[None]]] = ()
    # Called after each batch of the feed, of which there is one a second at least, maybe empty.
    batches: Sequence[Callable[[], Awaitable[None]]] = ()

    async def all_settled(self) -> None:
        """Returns when the observers have finished with what they were told; `settled` knows."""
        for settled in self.settled:
            await settled()


class Leader:
    """Runs while its task holds the lease; cancelled when it does not."""

    def __init__(
        self,
        market: RedisMarket,
        clocks: PostgresClock,
        status: Status,
        observers: Observers,
        open_feed: Callable[[Stored | None], Feed],
    ) -> None:
        self._market = market
        self._clocks = clocks
        self._status = status
        self._observers = observers
        self._open_feed = open_feed
        self._saved_at = datetime.min.replace(tzinfo=UTC)
        self._numbers = Numbers(0)
        self._bars = BarMaker()
        # Set while everything that the feed told has been passed on.
        self._settled: Feed | None = None

    async def lead(self) -> None:
        self._settled = None
        feed = self._open_feed(await self._stored())
        self._status.leader = True
        # Later than all that this task has heard of, whatever the clocks of the machines show.
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        self._numbers = Numbers(max(now_ms, self._status.board.latest.epoch + 1))
        self._bars = BarMaker()
        try:
            await self._save(feed.clock(), feed)
            self._tell_end(feed)
            async for batch in feed.batches():
                self._settled = None
                await self._pass_on(batch, feed)
                await self._tell(self._bars.done(feed.clock().market))
                self._settled = feed
                for passed in self._observers.batches:
                    await passed()
                if datetime.now(UTC) - self._saved_at >= SAVE_EVERY:
                    await self._save(feed.clock(), feed)
        finally:
            self._status.leader = False

    async def halt(self) -> None:
        """After an orderly end: the clock stands still, and goes on from this very moment.

        What was cut off in the midst of an open or close keeps its last saved clock instead, so
        that the open or close is told again.
        """
        if self._settled is not None:
            await self._save(self._settled.halted(), self._settled)

    async def _pass_on(self, batch: Sequence[Event], feed: Feed) -> None:
        for moves, group in itertools.groupby(batch, lambda each: isinstance(each, Turn | Jump)):
            if moves:
                await self._moved([each for each in group if isinstance(each, Turn | Jump)], feed)
            else:
                events = [each for each in group if isinstance(each, Quote | Trade)]
                await self._happened(events, feed)

    async def _happened(self, events: Sequence[Quote | Trade], feed: Feed) -> None:
        for event in events:
            if isinstance(event, Trade):
                self._bars.take(event)
        await self._tell(events)
        self._measure(events, feed.clock())
        self._status.quoted_at = datetime.now(UTC)
        for event in events:
            if isinstance(event, Quote):
                for observe in self._observers.quotes:
                    await observe(event)
            else:
                for observe_trade in self._observers.trades:
                    await observe_trade(event)

    def _measure(self, events: Sequence[Quote | Trade], clock: MarketClock) -> None:
        """What a source tells late shows here. Where the market stands still, nothing is late."""
        market = clock.at(datetime.now(UTC))
        for event in events:
            if clock.speed and isinstance(event, Quote) and not event.last_close:
                late = (market - event.time).total_seconds() / clock.speed
                self._status.counts.feed_lag.observe(max(late, 0.0))

    async def _tell(self, contents: Sequence[Content]) -> None:
        if not contents:
            return
        updates = self._numbers.number(contents)
        for update in updates:
            self._status.board.put(update)
        # The next affirmation, a second later, brings Redis what it missed.
        with suppress(UnavailableError):
            await self._market.publish(updates)

    async def _moved(self, moves: Sequence[Turn | Jump], feed: Feed) -> None:
        for turn in moves:
            if isinstance(turn, Turn):
                log.info(
                    "the market opened" if turn.opened else "the market closed",
                    extra={"fields": {"session": turn.session.day.isoformat()}},
                )
                for observe in self._observers.turns:
                    await observe(turn)
        await self._save(moves[-1].anchor, feed)
        self._tell_end(feed)

    def _tell_end(self, feed: Feed) -> None:
        market = feed.clock().market
        if feed.calendar.working_session(market) is None:
            log.warning(
                "the recorded data is at its end: the market stays closed",
                extra={"fields": {"market": market.isoformat()}},
            )

    async def _stored(self) -> Stored | None:
        """The latest that was saved anywhere. Waits for both places: time must not go back."""
        while True:
            try:
                stored = [await self._clocks.load(), await self._market.load_clock()]
            except UnavailableError:
                await asyncio.sleep(_RETRY_AFTER)
                continue
            return max((each for each in stored if each), key=_progress, default=None)

    async def _save(self, clock: MarketClock, feed: Feed) -> None:
        self._saved_at = datetime.now(UTC)
        self._status.clock = clock
        with suppress(UnavailableError):
            await self._clocks.save(clock, feed.course())
        # Last, so that who reads of a jump here finds its quotes at once.
        with suppress(UnavailableError):
            await self._market.save_clock(clock, feed.course())


def _progress(stored: Stored) -> tuple[datetime, tuple[int, int]]:
    return stored.clock.market, stored.course.wish_order if stored.course else (0, 0)
