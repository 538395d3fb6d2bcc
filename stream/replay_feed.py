"""The replay as a feed: it moves with the wall."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from stream.clock import Pace, resumed, started
from stream.feed import Event
from stream.replay import Replay, ReplayTerms
from stream.settings import SettingsError, StreamSettings
from stream.tape import Tape

log = logging.getLogger(__name__)

_SHORTEST_SLEEP = timedelta(milliseconds=1)


class ReplayFeed:
    """Goes on from `stored`, or starts on the day of the settings where there is none."""

    def __init__(self, tape: Tape, settings: StreamSettings, stored: MarketClock | None) -> None:
        wall = datetime.now(UTC)
        pace = Pace(settings.replay_speed, settings.replay_closed)
        clock = (
            resumed(stored, tape.calendar, pace, wall)
            if stored
            else started(tape.calendar, pace, first_day=settings.replay_start, wall=wall)
        )
        if clock is None:
            raise SettingsError("REPLAY_START is after the last recorded day")
        terms = ReplayTerms(
            pace, settings.replay_spread_basis_points, epoch=int(wall.timestamp() * 1000)
        )
        told = stored.market if stored else clock.anchor.market
        self._replay = Replay(tape, clock, terms, told=told)
        self._calendar = tape.calendar
        log.info(
            "the replay goes on" if stored else "the replay starts",
            extra={"fields": {"market": clock.anchor.market.isoformat()}},
        )

    @property
    def calendar(self) -> Calendar:
        return self._calendar

    def clock(self) -> MarketClock:
        return self._replay.clock()

    def halted(self) -> MarketClock:
        return self._replay.halted(datetime.now(UTC))

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while True:
            yield self._replay.advance(datetime.now(UTC))
            pause = max(self._replay.wake() - datetime.now(UTC), _SHORTEST_SLEEP)
            await asyncio.sleep(pause.total_seconds())
