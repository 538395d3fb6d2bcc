"""Schedules of EventBridge: `rate(...)`, `cron(...)` and `at(...)` followed on a clock."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.clock import Clock
from local.cron import Cron

_logger = logging.getLogger(__name__)
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
# A machine that sleeps stops the timer but not the time: look at the clock again after so long.
_LONGEST_SLEEP = 300.0


class Expression(Protocol):
    """When a schedule is due."""

    def next_after(self, moment: datetime) -> datetime | None: ...


class Rate:
    """Every so often, counted from the start."""

    def __init__(self, seconds: float, start: datetime) -> None:
        self._every = timedelta(seconds=seconds)
        self._start = start

    def next_after(self, moment: datetime) -> datetime | None:
        passed = max(moment - self._start, timedelta()) // self._every
        return self._start + (passed + 1) * self._every


class At:
    """Once."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def next_after(self, moment: datetime) -> datetime | None:
        return self._moment if self._moment > moment else None


class Schedule(NamedTuple):
    """`invoke` gets the time that the schedule was due."""

    name: str
    expression: str
    invoke: Callable[[datetime], Awaitable[object]]
    timezone: str = "UTC"


def parse_schedule(expression: str, *, timezone: str = "UTC", start: datetime) -> Expression:
    """Raises ValueError for what AWS would refuse; `start` is where a rate begins to count."""
    match = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression.strip())
    if match is None:
        raise ValueError(f"{expression!r} is not rate(...), cron(...) or at(...)")
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"the time zone {timezone!r} is not known") from error
    kind, argument = match.groups()
    if kind == "rate":
        return Rate(_seconds(argument), start)
    if kind == "cron":
        return Cron(argument, zone)
    moment = datetime.strptime(argument, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the zone follows
    return At(moment.replace(tzinfo=zone))


def _seconds(argument: str) -> int:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)(s?)", argument.strip())
    if match is None or (match[1] != "1") != bool(match[3]):
        raise ValueError(f"rate({argument}): a number and minute(s), hour(s) or day(s)")
    return int(match[1]) * _UNITS[match[2]]


class Schedules:
    """Runs schedules side by side; each one's runs follow one another.

    Ticks that pass while the machine sleeps, the clock jumps or the last run still goes are run
    once. A run that fails is logged and does not end its schedule.
    """

    def __init__(self, schedules: Iterable[Schedule], clock: Clock) -> None:
        start = clock.now()
        self._clock = clock
        self._start = start
        self._schedules = [
            (item, parse_schedule(item.expression, timezone=item.timezone, start=start))
            for item in schedules
        ]

    async def run(self) -> None:
        """Until cancelled, or until no schedule has a time left."""
        async with asyncio.TaskGroup() as group:
            for schedule, expression in self._schedules:
                group.create_task(self._follow(schedule, expression))

    async def _follow(self, schedule: Schedule, expression: Expression) -> None:
        due = expression.next_after(self._start)
        while due is not None:
            await self._sleep_until(due)
            await self._invoke(schedule, due)
            due = expression.next_after(max(self._clock.now(), due))

    async def _sleep_until(self, due: datetime) -> None:
        while (left := (due - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, _LONGEST_SLEEP))

    async def _invoke(self, schedule: Schedule, due: datetime) -> None:
        try:
            await schedule.invoke(due)
        except Exception:
            _logger.exception("schedule %s failed", schedule.name)
