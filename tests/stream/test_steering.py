"""The clock of a running task, steered as the functions do it: through Redis, once, and in time."""

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import redis
import redis.asyncio

from hub.adapters.redis.feeds import WISHES_KEY, RedisFeeds
from hub.adapters.redis.link import RedisLink, connect
from hub.adapters.system import SystemClock
from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.market.course import Step, Wish, wish_record
from hub.domain.market.quote import quote_from_record
from tests.stream.clients import open_stream, ready, receive
from tests.stream.conftest import StartTask
from tests.stream.market import utc
from tests.stream.servers import Valkey, eventually

PAUSED = {"REPLAY_SPEED": "0"}


@pytest.fixture
def feeds(valkey: Valkey) -> Iterator[RedisFeeds]:
    link = RedisLink(lambda: connect(valkey.url))
    yield RedisFeeds(link, SystemClock())
    link.close()


async def wish(feeds: RedisFeeds, **wanted: object) -> None:
    await asyncio.to_thread(feeds.wish, Wish(**wanted))  # type: ignore[arg-type]


async def test_the_market_is_paused_steered_and_goes_on(start_task: StartTask, feeds: RedisFeeds):
    task = await start_task()
    await eventually(lambda: ready(task))

    await wish(feeds, paused=True)
    paused = feeds.read()
    await wish(feeds, at=utc("2012-06-01T19:59"))
    late = feeds.read()
    await wish(feeds, day=date(2012, 6, 30))
    july = feeds.read()
    async with await open_stream(task, "AAPL") as stream:
        quote = quote_from_record(await receive(stream))
    await wish(feeds, paused=False, speed=Decimal(120))
    running = feeds.read()

    assert (paused.course.paused, paused.clock.speed) == (True, 0.0)
    assert (late.clock.market, late.clock.speed) == (utc("2012-06-01T19:59"), 0.0)
    assert july.clock.market == quote.time == utc("2012-07-02T13:30")
    assert str(quote.last) == "584.73"
    assert (running.course.paused, running.course.speed, running.clock.speed) == (False, 120, 120)


async def test_a_step_goes_to_the_next_print_and_to_the_next_session(
    start_task: StartTask, feeds: RedisFeeds
):
    task = await start_task()
    await eventually(lambda: ready(task))
    await wish(feeds, paused=True)
    async with await open_stream(task, "AAPL") as stream:
        await receive(stream)
        await wish(feeds, step=Step.EVENT)
        stepped = feeds.read()
        while quote_from_record(told := await receive(stream)).time < stepped.clock.market:
            pass
        await wish(feeds, step=Step.SESSION)
        monday = feeds.read()

    assert (stepped.clock.market, stepped.course.paused) == (utc("2012-06-01T15:40"), True)
    assert told["last"] == "572.65"
    assert monday.clock.market == utc("2012-06-04T13:30")


async def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(
    start_task: StartTask, feeds: RedisFeeds
):
    await start_task(**PAUSED)
    await eventually(lambda: is_up(feeds))

    with pytest.raises(RejectedError) as back:
        await wish(feeds, at=utc("2012-06-01T13:29"))
    with pytest.raises(RejectedError) as beyond:
        await wish(feeds, day=date(2013, 3, 2))
    await wish(feeds, speed=Decimal(2))

    assert back.value.code == "clock_goes_back"
    assert "2012-06-01T13:30" in back.value.detail
    assert beyond.value.code == "beyond_the_data"
    assert feeds.read().clock.market == utc("2012-06-01T13:30")


def is_up(feeds: RedisFeeds) -> bool:
    try:
        feeds.read()
    except UnavailableError:
        return False
    return True


async def test_what_was_wished_survives_the_leader_and_redis_and_happens_once(
    start_task: StartTask, feeds: RedisFeeds, valkey: Valkey
):
    task = await start_task()
    await eventually(lambda: ready(task))
    await wish(feeds, step=Step.SESSION)
    await wish(feeds, speed=Decimal(5))
    before = feeds.read()
    await task.stop(signal.SIGKILL)
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        entries: Any = await client.xrange(WISHES_KEY)
        await client.flushall()
        for number, fields in entries:  # as a replica that was behind would bring them back
            await client.xadd(WISHES_KEY, fields, id=number)
    again = await start_task()
    await eventually(lambda: ready(again))
    await eventually(lambda: is_up(feeds))
    after = feeds.read()

    assert before.clock.market == after.clock.market == utc("2012-06-04T13:30")
    assert (after.course.paused, after.course.speed) == (True, 5.0)
    assert after.course.wish == before.course.wish


async def test_a_wish_waits_for_the_next_leader_but_not_for_long(
    start_task: StartTask, feeds: RedisFeeds
):
    waiting = asyncio.ensure_future(wish(feeds, at=utc("2012-06-01T15:00")))
    with pytest.raises(UnavailableError):
        await waiting

    await start_task(**PAUSED)
    await eventually(lambda: is_up(feeds))
    await wish(feeds, speed=Decimal(3))

    assert feeds.read().clock.market == utc("2012-06-01T13:30")


async def test_what_nobody_can_read_is_refused_and_stops_nothing(
    start_task: StartTask, feeds: RedisFeeds, valkey: Valkey
):
    await start_task(**PAUSED)
    until = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    good = json.dumps({**wish_record(Wish(speed=Decimal(7))), "until": until})
    texts = ["", "[]", "{}", '{"until":"1"}', f'{{"until":"{until}","step":"back"}}', good]
    texts.insert(0, f'{{"until":"{until}","day":"0001-01-01"}}')
    async with redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client:
        numbers: Any = [await client.xadd(WISHES_KEY, {"wish": text}) for text in texts]
        await eventually(lambda: is_up(feeds) and feeds.read().course.speed == 7.0)
        keys = [f"market:wish:{number}" for number in numbers]
        outcomes = [json.loads(str(await client.get(key))) for key in keys]

    assert [each["refused"] for each in outcomes] == ["rejected"] * 6 + [None]


async def test_settings_that_ask_for_another_speed_win_over_an_old_wish(
    start_task: StartTask, feeds: RedisFeeds
):
    task = await start_task()
    await eventually(lambda: ready(task))
    await wish(feeds, speed=Decimal(5), paused=True)
    await task.stop()
    same = await start_task()
    await eventually(lambda: ready(same))
    kept = feeds.read().course
    await same.stop()
    other = await start_task(REPLAY_SPEED="30")
    await eventually(lambda: ready(other))
    await eventually(lambda: feeds.read().course.speed == 30.0)

    assert (kept.speed, kept.paused) == (5.0, True)
    assert not feeds.read().course.paused
