"""Orders flow while parts of the platform are killed, then all of it: nothing is lost or double.

Every order that was answered 202 is in the books under its number once, and ends or rests.
"""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.crowd import VICTIMS, Crowd, kill, orders_by_number, until_quiet
from tests.e2e.platforms import Customer, Platform, ask
from tests.services.processes import wait_until

CUSTOMERS = 20
EACH_AT_ONCE = 2
LOADED_SECONDS = 19.0
KILL_EVERY = 1.5
# So many that every kill meets orders on their way.
LEAST_TAKEN = 400
QUIET_WITHIN = 150.0
ORDER = [
    "a function",
    "a database connection",
    "the stream task",
    "a function",
    "Valkey",
    "the fork server",
    "PostgreSQL",
    "a function",
    "the stream task's keeper",
    "Valkey's keeper",
    "PostgreSQL's keeper",
]


async def kill_parts(folder: Path, every: float) -> int:
    """One after the other, each at its time; how many were hit."""
    killed = 0
    for name in ORDER:
        await asyncio.sleep(every)
        killed += await kill(folder, VICTIMS[name])
    return killed


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_parts_and_then_the_whole_are_killed(tmp_path):
    platform = Platform(tmp_path / "under kill" / "state", "--no-demo", "--speed", "10")
    try:
        await asyncio.to_thread(platform.start)
        customers = [
            await asyncio.to_thread(Customer, platform.api_port, cash="1000000.00")
            for _ in range(CUSTOMERS)
        ]
        crowd = Crowd(platform, customers, seed=7)
        trading = asyncio.create_task(crowd.trade(LOADED_SECONDS, EACH_AT_ONCE))
        killed = await kill_parts(platform.folder, KILL_EVERY)
        await trading
        assert killed >= len(ORDER) - 2
        assert len(crowd.taken) >= LEAST_TAKEN, crowd.answers
        assert not platform_ended(platform)

        # It has healed: a customer who comes now is served at once.
        await asyncio.to_thread(wait_until, partial(_is_ready, platform), 30)
        newcomer = await asyncio.to_thread(Customer, platform.api_port, cash="1000.00")
        bought = (await asyncio.to_thread(newcomer.order, symbol="MSFT")).body
        done = await asyncio.to_thread(newcomer.ended, bought["order_id"], 80)
        assert done["status"] == "EXECUTED"

        trading = asyncio.create_task(crowd.trade(60, EACH_AT_ONCE))
        await asyncio.sleep(4)
        platform.kill()
        crowd.over = True
        await trading
        await asyncio.to_thread(platform.start)
        await until_quiet(platform, QUIET_WITHIN)

        kept = orders_by_number(platform)
        assert {number: kept.get(number) for number in crowd.taken} == crowd.taken
        assert await asyncio.to_thread(platform.violations) == ""
        print(f"{len(kept)} orders, answers {dict(crowd.answers)}, {killed} kills")
    finally:
        platform.discard()


def _is_ready(platform: Platform) -> bool:
    return ask(platform.api_port, "GET", "/health/ready").status == 200


def platform_ended(platform: Platform) -> bool:
    assert platform.process is not None
    return platform.process.poll() is not None
