"""The scripted market as a feed: it moves with the commands that Redis brings."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, time
from functools import partial
from time import monotonic
from typing import TypeVar

from hub.domain.kernel import InvalidInputError, UnavailableError
from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.course import Course
from stream.feed import Event, Stored
from stream.redis_market import RedisMarket
from stream.script import Effect, Script
from stream.settings import SettingsError, StreamSettings

log = logging.getLogger(__name__)

T = TypeVar("T")
Settled = Callable[[], Awaitable[None]]

_RETRY_AFTER = 1.0
# Redis forgets a quote that nobody repeats.
_RESTATE_SECONDS = 60.0


class ScriptedFeed:
    """Goes on from `stored`, or starts at the first open by the settings where there is none.

    A command counts as done when its events were passed on and `settled` says that those who were
    told have finished with them. A restart goes on after the last that is done; it has forgotten
    the standing quotes, which the script may send again.
    """

    def __init__(
        self,
        calendar: Calendar,
        settings: StreamSettings,
        market: RedisMarket,
        settled: Settled,
        stored: Stored | None,
    ) -> None:
        wall = datetime.now(UTC)
        began = stored.clock.market if stored else _first_open(calendar, settings)
        self._script = Script(calendar, began, epoch=int(wall.timestamp() * 1000))
        self._calendar = calendar
        self._market = market
        self._commands = market.script()
        self._settled = settled
        self._restated_at = monotonic()
        log.info("the market follows its script", extra={"fields": {"market": began.isoformat()}})

    @property
    def calendar(self) -> Calendar:
        return self._calendar

    def clock(self) -> MarketClock:
        return self._script.clock(datetime.now(UTC))

    def halted(self) -> MarketClock:
        return self.clock()

    def course(self) -> Course:
        return Course("scripted", virtual=False, speed=0.0)

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        done = await _until_answered(self._commands.done)
        while True:
            for number, command in await self._next(done):
                yield (await self._effect(number, command)).events
                await self._settled()
                await _until_answered(partial(self._commands.finish, number))
                done = number
            yield []

    async def _next(self, done: str) -> list[tuple[str, str]]:
        try:
            if monotonic() - self._restated_at > _RESTATE_SECONDS:
                self._restated_at = monotonic()
                await self._market.restate(list(self._script.standing.values()))
            return await self._commands.read(done)
        except UnavailableError:
            await asyncio.sleep(_RETRY_AFTER)
            return []

    async def _effect(self, number: str, command: str) -> Effect:
        """Restated quotes are in Redis before what goes with them is told."""
        try:
            effect = self._script.apply(command, datetime.now(UTC))
        except InvalidInputError as error:
            log.warning("a command was refused", extra={"fields": {"reason": error.detail}})
            reason = error.detail
            await _until_answered(lambda: self._commands.refused(number, reason))
            return Effect([], [])
        await _until_answered(lambda: self._market.restate(effect.restated))
        return effect


def _first_open(calendar: Calendar, settings: StreamSettings) -> datetime:
    session = calendar.next_session(datetime.combine(settings.replay_start, time.min, UTC))
    if session is None:
        raise SettingsError("REPLAY_START is after the last session of the calendar")
    return session.open


async def _until_answered(call: Callable[[], Awaitable[T]]) -> T:
    """A script must not lose a step: Redis is waited for."""
    while True:
        try:
            return await call()
        except UnavailableError:
            await asyncio.sleep(_RETRY_AFTER)
