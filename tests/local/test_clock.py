"""The clock that jumps: who sleeps past the moment wakes, the others sleep on."""

import asyncio

from local.clock import JumpingClock


async def test_a_jump_wakes_who_sleeps_until_a_moment_jumped_over():
    clock = JumpingClock()
    short = asyncio.create_task(clock.sleep(3_600))
    long = asyncio.create_task(clock.sleep(36_000))
    await asyncio.sleep(0)
    before = clock.now()

    clock.jump(3_600)
    await asyncio.wait_for(short, 30)

    assert (clock.now() - before).total_seconds() >= 3_600
    assert not long.done()
    clock.jump(32_400)
    await asyncio.wait_for(long, 30)


async def test_without_a_jump_it_is_the_wall():
    clock = JumpingClock()
    before = clock.now()
    await clock.sleep(0.01)
    assert (clock.now() - before).total_seconds() >= 0.01
