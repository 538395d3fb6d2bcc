"""What the task survives: Redis and database away, kills, ends, another leader."""

import asyncio
import json
import signal
import time
from datetime import datetime
from itertools import pairwise
from typing import Any

import psycopg
import pytest
import redis.asyncio
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.stream.clients import get, market_time, not_ready, open_stream, ready, receive, say
from tests.stream.conftest import StartTask
from tests.stream.servers import TOKEN, Postgres, StreamTask, Valkey, eventually


async def test_it_lives_without_redis_says_so_and_goes_on_when_redis_is_back(
    start_task: StartTask, valkey: Valkey
):
    task = await start_task()
    await eventually(lambda: ready(task))
    async with await open_stream(task, "AAPL") as stream:
        await receive(stream)
        valkey.stop()
        status, text = await eventually(lambda: not_ready(task))
        without_redis = [await receive(stream) for _ in range(3)]
        valkey.start()
        await eventually(lambda: ready(task))
        async with redis.asyncio.Redis.from_url(valkey.url) as client:
            assert await eventually(lambda: client.get("market_data:AAPL"))
            assert await eventually(lambda: client.get("market:clock"))

    assert status == 503
    assert "redis does not answer" in json.loads(text)["troubles"]
    assert without_redis[-1]["sequence"] > without_redis[0]["sequence"]
    assert await eventually(
        lambda: of_redis(task)[-2:] == ["redis does not answer", "redis answers"]
    )


def of_redis(task: StreamTask) -> list[str]:
    return [line["message"] for line in task.lines if "redis" in line["message"]]


async def test_after_a_kill_the_market_goes_on_from_where_it_was(
    start_task: StartTask, postgres: Postgres, valkey: Valkey
):
    task = await start_task()
    await eventually(lambda: ready(task))
    await asyncio.sleep(1)
    before = await market_time(task)
    await task.stop(signal.SIGKILL)
    # The hour that nobody ran: the anchor is an hour old, here and in Redis.
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        await client.flushall()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("UPDATE market_clock SET wall = wall - interval '1 hour'")

    again = await start_task()
    await eventually(lambda: ready(again))
    after = await market_time(again)

    # Five seconds of the wall after the last save at most, and what passed since the start.
    assert 0 < (after - before).total_seconds() < 12 * 60


async def test_an_orderly_end_stops_the_clock_where_it_is(
    start_task: StartTask, postgres: Postgres
):
    task = await start_task()
    await eventually(lambda: ready(task))
    before = await market_time(task)
    await task.stop()

    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT name, market, speed FROM market_clock").fetchone()

    assert row is not None
    assert (row[0], row[2]) == ("replay", 0.0)
    assert 0 <= (row[1] - before).total_seconds() < 60


async def read_to_the_end(stream: ClientConnection) -> None:
    while True:
        await stream.recv()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_in_time_and_tells_its_clients_to_come_back(
    start_task: StartTask, number: signal.Signals
):
    task = await start_task()
    async with await open_stream(task, "*") as stream:
        begin = time.monotonic()
        ending = asyncio.ensure_future(task.stop(number))
        with pytest.raises(ConnectionClosed) as closed:
            await read_to_the_end(stream)
        code = await ending

    assert code == 0
    assert time.monotonic() - begin < 5
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, "again" in closed.value.rcvd.reason) == (1012, True)


async def test_one_leads_all_serve_and_the_next_takes_over(start_task: StartTask):
    first = await start_task()
    await eventually(lambda: ready(first))
    second = await start_task()
    report = await eventually(lambda: ready(second))
    async with await open_stream(second, "AAPL") as stream:
        from_the_first = await receive(stream)
        before = await market_time(second)
        frames = [from_the_first]
        await first.stop(signal.SIGKILL)
        killed = time.monotonic()
        while epoch(frames[-1]) == epoch(from_the_first):
            frames.append(await receive_slowly(stream))
        gap = time.monotonic() - killed
        frame = frames[-1]
        taken_over = await ready(second)

    assert report["leader"] is False
    assert taken_over is not None
    assert taken_over["leader"] is True
    assert epoch(frame) > epoch(from_the_first)
    assert datetime.fromisoformat(frame["time"]) >= before
    assert gap < 3
    assert [each["sequence"] for each in frames[1:-1]] == list(
        range(frames[0]["sequence"] + 1, frames[0]["sequence"] + len(frames) - 1)
    )
    assert frame["sequence"] == 1


async def test_a_reader_of_one_task_goes_on_at_the_other(start_task: StartTask):
    first = await start_task()
    await eventually(lambda: ready(first))
    second = await start_task()
    await eventually(lambda: ready(second))
    async with await open_stream(first, "AAPL") as stream:
        last = await receive(stream)
    await first.stop()
    async with await open_stream(second) as stream:
        await say(stream, action="subscribe", symbols=["AAPL"], resume=last["cursor"])
        frames = [await receive(stream) for _ in range(4)]

    assert [each["type"] for each in frames] == ["subscriptions", "quote", "quote", "quote"]
    # What the first told before it ended comes before what its successor tells from one on.
    places = [tuple(int(part) for part in each["cursor"].split("-")) for each in frames[1:]]
    assert places == sorted(places)
    sequences = [last["sequence"], *(each["sequence"] for each in frames[1:])]
    assert all(later in (earlier + 1, 1) for earlier, later in pairwise(sequences))


async def receive_slowly(stream: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(12):
        return dict(json.loads(await stream.recv()))


def epoch(frame: dict[str, Any]) -> int:
    return int(frame["cursor"].split("-")[0])


async def test_who_lost_the_lease_steps_down_and_leads_again_when_it_is_free(
    start_task: StartTask, valkey: Valkey
):
    task = await start_task()
    report = await eventually(lambda: ready(task))
    before = await market_time(task)
    async with redis.asyncio.Redis.from_url(valkey.url) as client:
        await client.set("stream:leader", "another", px=3000)
        await eventually(lambda: leads(task, False))
        assert await client.get("stream:leader") == b"another"
        await eventually(lambda: leads(task, True))
    after = await eventually(lambda: ready(task))

    assert report["leader"] is True
    assert datetime.fromisoformat(after["market"]["time"]) >= before


async def leads(task: StreamTask, expected: bool) -> bool:
    _, text = await get(task, "/health/ready")
    return bool(json.loads(text)["leader"] is expected)


async def test_the_feed_goes_on_while_the_database_is_away(
    start_task: StartTask, postgres: Postgres
):
    task = await start_task()
    await eventually(lambda: ready(task))
    async with await open_stream(task, "AAPL") as stream:
        postgres.stop()
        try:
            status, text = await eventually(lambda: not_ready(task))
            quotes = [await receive(stream) for _ in range(3)]
        finally:
            postgres.start()
        await eventually(lambda: ready(task))

    assert status == 503
    assert "postgres does not answer" in json.loads(text)["troubles"]
    assert len({quote["id"] for quote in quotes}) == 3


async def test_a_client_that_answers_nothing_does_not_hold_the_end_up(start_task: StartTask):
    task = await start_task()
    host, _, port = task.url.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /stream HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    begin = time.monotonic()
    code = await task.stop()
    writer.close()

    assert code == 0
    assert time.monotonic() - begin < 5
