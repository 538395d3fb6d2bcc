"""Waiting by the clock: a limit on how long work may take, and the moments the language writes."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from local.clock import Clock

T = TypeVar("T")


class Expired(Exception):  # noqa: N818  (a time-out is an outcome; what it means is the caller's)
    """The time given to some work has passed."""


async def within(clock: Clock, seconds: float | None, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is stopped when `seconds` have passed. Raises Expired."""
    if seconds is None:
        return await work
    job = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({job, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            return job.result()
        raise Expired
    finally:
        alarm.cancel()
        await stopped(job)


async def stopped(*jobs: asyncio.Task[Any]) -> None:
    """Cancel `jobs` and let them clean up; what they then raise belongs to no one."""
    for job in jobs:
        job.cancel()
    if not all(job.done() and (job.cancelled() or not job.exception()) for job in jobs):
        await asyncio.gather(*jobs, return_exceptions=True)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """An RFC 3339 time, its offset included. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text:
        raise ValueError(f"'{text}' is not a time with an offset")
    return moment
