"""When schedules are due, in which zone, and what a runner does with ticks that it missed."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from local.clock import VirtualClock
from local.schedules import Schedule, Schedules, parse_schedule

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def times(expression: str, after: str, count: int = 1, timezone: str = "UTC") -> list[str]:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    schedule = parse_schedule(expression, timezone=timezone, start=moment)
    found: list[str] = []
    due = schedule.next_after(moment)
    while due is not None and len(found) < count:
        found.append(due.strftime("%Y-%m-%d %H:%M"))
        due = schedule.next_after(due)
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-11-20 09:59:59", ["2026-11-20 10:00", "2026-11-21 10:00"]),
        ("cron(0 10 * * ? *)", "2026-11-20 10:00:00", ["2026-11-21 10:00", "2026-11-22 10:00"]),
        ("cron(0/15 * * * ? *)", "2026-11-20 10:40", ["2026-11-20 10:45", "2026-11-20 11:00"]),
        ("cron(15 12 ? * MON-FRI *)", "2026-11-20 13:00", ["2026-11-23 12:15", "2026-11-24 12:15"]),
        ("cron(0 8 1 * ? *)", "2026-11-20 00:00", ["2026-12-01 08:00", "2027-01-01 08:00"]),
        ("cron(0 0 L * ? *)", "2027-02-01 00:00", ["2027-02-28 00:00", "2027-03-31 00:00"]),
        ("cron(0 0 1W * ? *)", "2026-07-20 00:00", ["2026-08-03 00:00", "2026-09-01 00:00"]),
        ("cron(0 0 31W * ? *)", "2026-05-01 00:00", ["2026-05-29 00:00", "2026-07-31 00:00"]),
        ("cron(0 0 LW * ? *)", "2026-10-01 00:00", ["2026-10-30 00:00", "2026-11-30 00:00"]),
        ("cron(0 0 ? * 6#3 *)", "2026-11-01 00:00", ["2026-11-20 00:00", "2026-12-18 00:00"]),
        ("cron(0 0 ? * FRIL *)", "2026-11-01 00:00", ["2026-11-27 00:00", "2026-12-25 00:00"]),
        ("cron(0 0 ? * 1 *)", "2026-11-20 00:00", ["2026-11-22 00:00", "2026-11-29 00:00"]),
        ("cron(0 0 ? * L *)", "2026-11-20 00:00", ["2026-11-21 00:00", "2026-11-28 00:00"]),
        ("cron(0 0 29 FEB ? *)", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(5,35 9 1 JAN ? 2027)", "2026-11-20 00:00", ["2027-01-01 09:05", "2027-01-01 09:35"]),
        ("rate(5 minutes)", "2026-11-20 10:02", ["2026-11-20 10:07", "2026-11-20 10:12"]),
        ("rate(1 hour)", "2026-11-20 10:02", ["2026-11-20 11:02", "2026-11-20 12:02"]),
        ("at(2026-11-20T16:00:00)", "2026-11-20 10:00", ["2026-11-20 16:00"]),
        ("at(2026-11-20T09:00:00)", "2026-11-20 10:00", []),
        ("cron(0 0 1 1 ? 2025)", "2026-11-20 10:00", []),
    ],
)
def test_a_schedule_is_due_as_aws_says(expression: str, after: str, expected: list[str]) -> None:
    assert times(expression, after, 2) == expected


def test_a_cron_follows_its_zone_across_the_change_of_clocks() -> None:
    found = times("cron(30 9 * * ? *)", "2026-03-07 00:00", 3, "America/New_York")
    assert found == ["2026-03-07 14:30", "2026-03-08 13:30", "2026-03-09 13:30"]
    assert times("at(2026-07-01T09:30:00)", "2026-03-07", 1, "America/New_York") == [
        "2026-07-01 13:30"
    ]


def test_a_time_that_the_clocks_skip_does_not_come() -> None:
    found = times("cron(30 2 * * ? *)", "2026-03-07 12:00", 2, "America/New_York")
    assert found == ["2026-03-09 06:30", "2026-03-10 06:30"]


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    found = times("cron(30 1 * * ? *)", "2026-11-01 00:00", 2, "America/New_York")
    assert found == ["2026-11-01 05:30", "2026-11-02 06:30"]


def test_every_tick_of_a_year_is_later_than_the_one_before() -> None:
    found = times("cron(0/30 * * * ? *)", "2026-01-01", 17520, "America/New_York")
    assert all(one < other for one, other in pairwise(found))
    assert len(found) == 17520


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(0 10 * * ?)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 ? * MON#6 *)",
        "cron(0/0 10 * * ? *)",
        "cron(30-10 10 * * ? *)",
        "cron(0 10 * FOO ? *)",
        "cron(0 10 * * ? 2200)",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 seconds)",
        "at(tomorrow)",
        "every(5 minutes)",
    ],
)
def test_an_expression_that_aws_refuses_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(expression, start=START)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="Mars"):
        parse_schedule("rate(1 hour)", timezone="Mars/Olympus", start=START)


class Diary:
    def __init__(self, clock: VirtualClock, takes: float = 0) -> None:
        self.clock = clock
        self.takes = takes
        self.runs: list[tuple[str, str]] = []

    async def write(self, due: datetime) -> None:
        """When the run was due and when it began."""
        self.runs.append((f"{due:%H:%M}", f"{self.clock.now():%H:%M}"))
        if self.takes:
            await self.clock.sleep(self.takes)


class JumpingClock(VirtualClock):
    """Its time can pass with nobody awake to see it, as on a machine that is suspended."""

    def jump(self, to: datetime) -> None:
        self._now = to


async def test_a_schedule_runs_at_each_of_its_times() -> None:
    clock = VirtualClock(START)
    diary, other = Diary(clock), Diary(clock)
    schedules = [
        Schedule("rate", "rate(20 minutes)", diary.write),
        Schedule("open", "cron(45 9 ? * MON-FRI *)", other.write, "America/New_York"),
    ]
    running = asyncio.create_task(Schedules(schedules, clock).run())
    await clock.advance(3600)
    running.cancel()
    assert diary.runs == [("14:50", "14:50"), ("15:10", "15:10"), ("15:30", "15:30")]
    assert other.runs == [("14:45", "14:45")]


async def test_ticks_missed_while_suspended_run_once() -> None:
    clock = JumpingClock(START)
    diary = Diary(clock)
    schedules = Schedules([Schedule("rate", "rate(10 minutes)", diary.write)], clock)
    running = asyncio.create_task(schedules.run())
    await clock.advance(600)
    clock.jump(START.replace(hour=18, minute=5))
    await clock.advance(360)
    running.cancel()
    assert diary.runs == [("14:40", "14:40"), ("14:50", "18:05"), ("18:10", "18:10")]


async def test_ticks_missed_while_a_run_goes_on_run_once_after_it() -> None:
    clock = VirtualClock(START)
    diary = Diary(clock, takes=1500)
    schedules = Schedules([Schedule("rate", "rate(10 minutes)", diary.write)], clock)
    running = asyncio.create_task(schedules.run())
    await clock.advance(3600)
    running.cancel()
    assert diary.runs == [("14:40", "14:40"), ("15:10", "15:10")]


async def test_a_failed_run_does_not_end_its_schedule() -> None:
    clock = VirtualClock(START)
    runs: list[datetime] = []

    async def fail(due: datetime) -> None:
        runs.append(due)
        raise RuntimeError("bug")

    schedules = Schedules([Schedule("rate", "rate(10 minutes)", fail)], clock)
    running = asyncio.create_task(schedules.run())
    await clock.advance(1800)
    running.cancel()
    assert len(runs) == 3


async def test_a_runner_ends_when_nothing_is_due_any_more() -> None:
    clock = VirtualClock(START)
    diary = Diary(clock)
    schedules = Schedules([Schedule("once", "at(2026-11-20T15:00:00)", diary.write)], clock)
    running = asyncio.create_task(schedules.run())
    await clock.advance(1800)
    await asyncio.wait_for(running, 1)
    assert diary.runs == [("15:00", "15:00")]
