"""The whole task as a process: quotes by WebSocket and gRPC, health, restarts, ends."""

import asyncio
import json
import signal
import time
import urllib.error
import urllib.request
from datetime import datetime
from decimal import Decimal
from typing import Any

import grpc.aio
import psycopg
import pytest
import redis.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hub.domain.market.clock import clock_from_record
from hub.domain.market.quote import quote_from_record
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.stream.conftest import StartTask
from tests.stream.market import SYMBOLS
from tests.stream.servers import TOKEN, Postgres, StreamTask, Valkey, eventually

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def open_stream(task: StreamTask, *symbols: str) -> ClientConnection:
    """Connected, authenticated, and subscribed to `symbols`."""
    stream = await connect(f"ws://{task.url}/stream", additional_headers=BEARER)
    assert await receive(stream) == {"type": "authenticated"}
    if symbols:
        await say(stream, action="subscribe", symbols=list(symbols))
        assert (await receive(stream))["type"] == "subscriptions"
    return stream


async def say(stream: ClientConnection, **message: Any) -> None:
    await stream.send(json.dumps(message))


async def receive(stream: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return dict(json.loads(await stream.recv()))


async def get(task: StreamTask, path: str) -> tuple[int, str]:
    def fetch() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{task.url}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(fetch)


async def ready(task: StreamTask) -> dict[str, Any] | None:
    status, text = await get(task, "/health/ready")
    return json.loads(text) if status == 200 else None


async def market_time(task: StreamTask) -> datetime:
    _, text = await get(task, "/health/ready")
    return datetime.fromisoformat(json.loads(text)["market"]["time"])


async def test_a_client_gets_the_latest_quote_first_and_then_every_new_one(start_task: StartTask):
    task = await start_task()
    await eventually(lambda: ready(task))
    async with await open_stream(task, "AAPL") as stream:
        begin = time.monotonic()
        first, second = await receive(stream), await receive(stream)

    assert time.monotonic() - begin < 2.5
    assert first["type"] == "quote"
    quote = quote_from_record(first)
    assert (quote.symbol, quote.last) == ("AAPL", Decimal("569.16"))
    assert quote.quote_id.endswith(f"-{first['sequence']}")
    assert second["sequence"] > first["sequence"]
    assert second["last"] == "569.16"


async def test_a_star_means_every_symbol_and_unsubscribing_ends_it(start_task: StartTask):
    task = await start_task()
    await eventually(lambda: ready(task))
    async with await open_stream(task, "*") as stream:
        seen = {(await receive(stream))["symbol"] for _ in range(5)}
        await say(stream, action="unsubscribe", symbols=["*"])
        while (frame := await receive(stream))["type"] == "quote":
            pass
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await stream.recv()

    assert seen == SYMBOLS
    assert frame == {"type": "subscriptions", "symbols": []}


async def test_a_token_may_come_as_the_first_message(start_task: StartTask):
    task = await start_task()
    async with connect(f"ws://{task.url}/stream") as stream:
        await say(stream, action="auth", token=TOKEN)
        assert await receive(stream) == {"type": "authenticated"}


async def test_redis_holds_every_quote_and_the_clock(start_task: StartTask, valkey: Valkey):
    task = await start_task()
    await eventually(lambda: ready(task))

    async with redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client:
        quotes = {
            symbol: quote_from_record(json.loads(await client.get(f"market_data:{symbol}") or ""))
            for symbol in SYMBOLS
        }
        life = await client.pttl("market_data:AAPL")
        clock = clock_from_record(json.loads(await client.get("market:clock") or ""))

    assert all(quote.symbol == symbol for symbol, quote in quotes.items())
    assert 290_000 < life <= 300_000
    assert clock.speed == 60.0
    assert clock.market >= datetime.fromisoformat("2012-06-01T13:30:00+00:00")


async def test_grpc_answers_with_what_the_feed_tells(start_task: StartTask):
    task = await start_task()
    await eventually(lambda: ready(task))
    async with grpc.aio.insecure_channel(task.grpc) as channel:
        answer = await MarketDataStub(channel).GetMarketData(  # type: ignore[no-untyped-call]  # generated
            messages.GetMarketDataRequest(symbols=["AAPL"]),
            metadata=[("authorization", f"Bearer {TOKEN}")],
            timeout=5,
        )

    assert [quote.last for quote in answer.quotes] == ["569.16"]


async def test_health_and_metrics_tell_how_it_is(start_task: StartTask):
    task = await start_task()
    report = await eventually(lambda: ready(task))
    _, metrics = await get(task, "/metrics")

    assert report["market"]["state"] == "open"
    assert report["leader"] is True
    assert report["parts"] == {"redis": "up", "postgres": "up"}
    assert await get(task, "/health/live") == (200, '{"status":"live"}')
    assert "hub_stream_leader 1\n" in metrics
    assert "# TYPE hub_stream_quotes_total counter" in metrics
    assert (await get(task, "/secrets"))[0] == 404


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
            assert await client.get("market:clock")

    assert status == 503
    assert "redis does not answer" in json.loads(text)["troubles"]
    assert without_redis[-1]["sequence"] > without_redis[0]["sequence"]
    assert [line["message"] for line in task.lines if "redis" in line["message"]][-2:] == [
        "redis does not answer",
        "redis answers",
    ]


async def not_ready(task: StreamTask) -> tuple[int, str] | None:
    status, text = await get(task, "/health/ready")
    return (status, text) if status == 503 else None


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
        await first.stop(signal.SIGKILL)
        while epoch(frame := await receive_slowly(stream)) == epoch(from_the_first):
            pass
        taken_over = await ready(second)

    assert report["leader"] is False
    assert taken_over is not None
    assert taken_over["leader"] is True
    assert epoch(frame) > epoch(from_the_first)
    assert datetime.fromisoformat(frame["time"]) >= before


async def receive_slowly(stream: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(12):
        return dict(json.loads(await stream.recv()))


def epoch(frame: dict[str, Any]) -> int:
    return int(frame["id"].split("-")[1])


async def test_a_closed_market_can_be_seen_and_opens_again(start_task: StartTask):
    task = await start_task(REPLAY_SPEED="5000", REPLAY_CLOSED_SECONDS="1")
    states: list[str] = []
    async with asyncio.timeout(20):
        while states[-3:] != ["open", "closed", "open"]:
            _, text = await get(task, "/health/ready")
            state = json.loads(text)["market"]["state"]
            if not states or states[-1] != state:
                states.append(state)

    messages_told = [line["message"] for line in task.lines]
    assert "the market closed" in messages_told


async def test_at_the_end_of_the_data_it_says_so(start_task: StartTask):
    task = await start_task(REPLAY_START="2013-03-01", REPLAY_SPEED="10000")

    report = await eventually(lambda: ended(task))

    assert report["market"]["time"] == "2013-03-01T21:00:00+00:00"
    assert any("at its end" in line["message"] for line in task.lines)


async def ended(task: StreamTask) -> dict[str, Any] | None:
    report = await ready(task)
    return report if report and report["market"]["state"] == "ended" else None
