"""The replay as a feed: it moves with the wall, and as administrators wish."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.course import Course, Wish, target, turned, wish_from_record
from stream.clock import Pace, resumed, started
from stream.feed import Event, Stored
from stream.redis_wishes import RedisWishes
from stream.replay import Replay, ReplayTerms
from stream.settings import SettingsError, StreamSettings
from stream.tape import Recording

log = logging.getLogger(__name__)

_SHORTEST_WAIT = timedelta(milliseconds=1)
# Well within what a call to Redis may take.
_LONGEST_WAIT = timedelta(milliseconds=500)
_MILLISECOND = timedelta(milliseconds=1)


class ReplayFeed:
    """Goes on from `stored`, or starts on the day of the settings where there is none.

    A wish is taken up once: clock and course, which names the wish, are saved together, and a wish
    whose clock was not saved has not happened.
    """

    def __init__(
        self, tape: Recording, settings: StreamSettings, wishes: RedisWishes, stored: Stored | None
    ) -> None:
        wall = datetime.now(UTC)
        self._course = _course(settings, stored)
        self._closed = settings.replay_closed
        pace = self._pace()
        clock = (
            resumed(stored.clock, tape.calendar, pace, wall)
            if stored
            else started(tape.calendar, pace, first_day=settings.replay_start, wall=wall)
        )
        if clock is None:
            raise SettingsError("REPLAY_START is after the last recorded day")
        terms = ReplayTerms(
            pace, settings.replay_spread_basis_points, epoch=int(wall.timestamp() * 1000)
        )
        told = stored.clock.market if stored else clock.anchor.market
        self._replay = Replay(tape, clock, terms, told=told)
        self._calendar = tape.calendar
        self._wishes = wishes
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

    def course(self) -> Course:
        return self._course

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        # The leader before this one may have saved what it took up, and told nobody.
        await self._tell_taken()
        while True:
            yield self._replay.advance(datetime.now(UTC))
            for number, text in await self._next():
                if events := await self._take_up(number, text):
                    yield events
                    await self._tell_taken()

    def _pace(self) -> Pace:
        return Pace(0.0 if self._course.paused else self._course.speed, self._closed)

    async def _next(self) -> list[tuple[str, str]]:
        """The wishes that come before something is to do."""
        pause = max(self._replay.wake() - datetime.now(UTC), _SHORTEST_WAIT)
        pause = min(pause, _LONGEST_WAIT)
        try:
            return await self._wishes.read(self._course.wish, pause // _MILLISECOND)
        except UnavailableError:
            await asyncio.sleep(pause.total_seconds())
            return []

    async def _take_up(self, number: str, text: str) -> Sequence[Event]:
        """What follows at once from a wish; nothing, if it is late or refused."""
        try:
            record, now = json.loads(text), datetime.now(UTC)
            if now > datetime.fromisoformat(record["until"]):
                self._course = self._course._replace(wish=number)
                return []
            wish = wish_from_record(record)
            return [*self._replay.advance(now), *self._steered(wish, number)]
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            log.exception("a wish cannot be read")
            return await self._refuse(number, RejectedError(f"not a wish: {type(error).__name__}"))
        except RejectedError as error:
            return await self._refuse(number, error)

    def _steered(self, wish: Wish, number: str) -> list[Event]:
        moment = target(wish, self._replay.position())
        self._course = turned(self._course, wish)._replace(wish=number)
        jump = self._replay.steer(self._pace(), moment)
        fields = {"wish": number, "market": jump.anchor.market.isoformat(), **_told(self._course)}
        log.info("the clock was set", extra={"fields": fields})
        return [jump, *self._replay.advance(jump.anchor.wall)]

    async def _refuse(self, number: str, error: RejectedError) -> list[Event]:
        """It counts as done when that was told; else it is looked at, and refused, again."""
        with suppress(UnavailableError):
            await self._wishes.refused(number, error)
            self._course = self._course._replace(wish=number)
        return []

    async def _tell_taken(self) -> None:
        if self._course.wish:
            with suppress(UnavailableError):
                await self._wishes.taken(self._course.wish)


def _told(course: Course) -> dict[str, object]:
    return {"speed": course.speed, "paused": course.paused}


def _course(settings: StreamSettings, stored: Stored | None) -> Course:
    """The stored one, unless it is another feed's, or the settings ask for another speed by now."""
    configured = settings.replay_speed
    fresh = Course(
        settings.feed,
        virtual=True,
        speed=configured or 1.0,
        paused=not configured,
        configured=configured,
    )
    kept = stored.course if stored else None
    if kept is None or kept.feed != fresh.feed:
        return fresh
    return kept if kept.configured == configured else fresh._replace(wish=kept.wish)
