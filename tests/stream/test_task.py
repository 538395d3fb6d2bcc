"""The whole task as a process: quotes by WebSocket and gRPC, Redis, health, sessions."""

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
import redis.asyncio
from websockets.asyncio.client import connect

from hub.domain.market.clock import clock_from_record
from hub.domain.market.quote import quote_from_record
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.stream.alpaca import fake_alpaca, quote
from tests.stream.clients import (
    get,
    open_stream,
    ready,
    receive,
    say,
)
from tests.stream.conftest import StartTask
from tests.stream.market import SYMBOLS
from tests.stream.servers import TOKEN, StreamTask, Valkey, eventually


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
    assert frame == {"type": "subscriptions", "channels": {}}


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
        answer = await MarketDataStub(channel).GetMarketData(
            messages.GetMarketDataRequest(symbols=["AAPL"]),
            metadata=[("authorization", f"Bearer {TOKEN}")],
            timeout=5,
        )

    assert [quote.last for quote in answer.quotes] == ["569.16"]


async def metrics_with_a_feed_lag(task: StreamTask) -> str | None:
    """It is measured a moment after the first quote makes the task ready."""
    _, text = await get(task, "/metrics")
    return text if re.search(r"hub_stream_feed_lag_seconds_count [1-9]", text) else None


async def test_health_and_metrics_tell_how_it_is(start_task: StartTask):
    task = await start_task()
    report = await eventually(lambda: ready(task))
    metrics = await eventually(lambda: metrics_with_a_feed_lag(task))

    assert report["market"]["state"] == "open"
    assert report["leader"] is True
    assert report["parts"] == {
        "redis": "up",
        "postgres": "up",
        "account log": "not used yet",
    }
    assert await get(task, "/health/live") == (200, '{"status":"live"}')
    assert "hub_stream_leader 1\n" in metrics
    assert "# TYPE hub_stream_updates_total counter" in metrics
    assert "# TYPE hub_stream_connections gauge" in metrics
    assert "hub_stream_trigger_latency_seconds_count 0\n" in metrics
    assert (await get(task, "/secrets"))[0] == 404


async def test_a_closed_market_can_be_seen_and_opens_again(start_task: StartTask):
    task = await start_task(REPLAY_SPEED="5000", REPLAY_CLOSED_SECONDS="1")
    states: list[str] = []
    async with asyncio.timeout(20):
        while states[-3:] != ["open", "closed", "open"]:
            _, text = await get(task, "/health/ready")
            state = json.loads(text)["market"]["state"]
            if not states or states[-1] != state:
                states.append(state)

    assert await eventually(lambda: "the market closed" in [told["message"] for told in task.lines])


async def test_a_recording_of_ones_own_is_played_from_its_first_session(
    start_task: StartTask, tmp_path: Path
):
    own = tmp_path / "own.csv"
    own.write_text(
        "time,symbol,bid,ask,bid_size,ask_size\n2024-07-02T13:30:00Z,ACME,10.00,10.02,300,500\n"
    )
    task = await start_task(FEED="file", FEED_FILE=str(own))
    report = await eventually(lambda: ready(task))
    async with await open_stream(task, "ACME") as stream:
        quote = quote_from_record(await receive(stream))

    assert report["market"]["time"].startswith("2024-07-02T13:")
    assert (str(quote.bid), str(quote.ask), str(quote.ask_size)) == ("10.00", "10.02", "500")


async def test_a_live_market_is_told_by_the_wall_s_time_and_its_keys_by_nobody(
    start_task: StartTask,
):
    async with fake_alpaca() as server:
        settings = server.settings("AAPL")
        task = await start_task(
            FEED="alpaca",
            ALPACA_URL=settings.url,
            ALPACA_KEY_ID=settings.key,
            ALPACA_SECRET_KEY=settings.secret,
        )
        await eventually(lambda: server.streams)
        crossed = quote("AAPL", 11, 10, datetime.now(UTC).isoformat())
        await server.tell(crossed)
        await eventually(lambda: counted(task, "crossed_quotes"))
        _, health = await get(task, "/health/ready")
        await task.stop()

    late = datetime.now(UTC) - datetime.fromisoformat(json.loads(health)["market"]["time"])
    assert timedelta() <= late < timedelta(seconds=30)
    assert "connected" in str(task.lines)
    assert settings.secret not in str(task.lines)


async def counted(task: StreamTask, kind: str) -> bool:
    _, metrics = await get(task, "/metrics")
    return f'hub_stream_feed_total{{kind="{kind}"}} 1\n' in metrics


async def test_at_the_end_of_the_data_it_says_so(start_task: StartTask):
    task = await start_task(REPLAY_START="2013-03-01", REPLAY_SPEED="10000")

    report = await eventually(lambda: ended(task))

    assert report["market"]["time"] == "2013-03-01T21:00:00+00:00"
    assert await eventually(lambda: any("at its end" in line["message"] for line in task.lines))


async def ended(task: StreamTask) -> dict[str, Any] | None:
    report = await ready(task)
    return report if report and report["market"]["state"] == "ended" else None
