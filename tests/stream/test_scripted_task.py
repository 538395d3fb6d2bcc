"""The task on a scripted market: what is done when a command is said to be done."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import redis.asyncio

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import clock_from_record
from hub.domain.market.quote import Quote, quote_from_record
from hub.domain.market.trade import Trade
from stream.board import Board
from stream.leader import Leader, Observers
from stream.postgres_clock import PostgresClock
from stream.recorded import read_sessions
from stream.redis_market import RedisMarket
from stream.scripted_feed import ScriptedFeed
from stream.settings import read_settings
from stream.status import Status
from tests.stream.clients import open_stream, ready, receive
from tests.stream.conftest import StartTask
from tests.stream.market import DATA, utc
from tests.stream.servers import Postgres, Valkey, eventually
from tests.stream.test_script import QUOTE, TRADE

SCRIPTED = {"FEED": "scripted", "STAGE": "local"}
CALENDAR = Calendar(read_sessions(DATA / "sessions.csv.gz"))


class Driver:
    """Gives commands, and waits until they are done."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self.client = client

    async def __call__(self, **command: Any) -> str:
        return await self.send(json.dumps(command))

    async def send(self, text: str) -> str:
        number = str(await self.client.xadd("feed:script", {"command": text}))
        await eventually(lambda: self.is_done(number))
        return number

    async def is_done(self, number: str) -> bool:
        return bool(await self.client.get("feed:script:done") == number)

    async def quote(self, symbol: str = "AAPL") -> Quote:
        return quote_from_record(json.loads(str(await self.client.get(f"market_data:{symbol}"))))


@pytest.fixture
async def driver(valkey: Valkey) -> AsyncIterator[Driver]:
    async with redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client:
        yield Driver(client)


async def test_the_market_does_what_the_script_says(start_task: StartTask, driver: Driver):
    task = await start_task(**SCRIPTED)
    assert await eventually(lambda: ready(task))
    await driver(event="clock", at="2024-07-03T14:00:00Z")
    await driver(**QUOTE)
    async with await open_stream(task, "AAPL") as stream:
        seen = await receive(stream)
    await driver(**TRADE)
    await driver(event="clock", at="2024-07-03T16:59:59Z")
    quote = await driver.quote()
    clock = clock_from_record(json.loads(str(await driver.client.get("market:clock"))))
    await driver(event="clock", at="2024-07-03T17:00:00Z")

    assert seen["ask"] == "10.02"
    assert (str(quote.last), quote.time) == ("10.01", utc("2024-07-03T16:59:59"))
    assert (clock.market, clock.speed) == (utc("2024-07-03T16:59:59"), 0.0)
    assert not quote.is_stale(clock, clock.wall)
    assert task.lines[-1]["message"] == "the market closed"  # three hours early that day


async def test_the_clock_stands_still_and_is_renewed(start_task: StartTask, driver: Driver):
    await start_task(**SCRIPTED)
    await driver(**QUOTE)
    first = clock_from_record(json.loads(str(await driver.client.get("market:clock"))))
    await asyncio.sleep(6)
    later = clock_from_record(json.loads(str(await driver.client.get("market:clock"))))
    now = datetime.now(UTC)

    assert later.market == first.market
    assert not later.source_stopped(now)
    assert not (await driver.quote()).is_stale(later, now)


async def test_a_bad_command_is_refused_and_the_script_goes_on(
    start_task: StartTask, driver: Driver
):
    await start_task(**SCRIPTED)
    number = await driver.send('{"event":"quote"}')
    refused = json.loads(str(await driver.client.get("feed:script:error")))
    await driver(**QUOTE)

    assert refused["id"] == number
    assert "bid" in refused["reason"]
    assert (await driver.quote()).symbol == "AAPL"


async def test_a_restart_goes_on_after_what_is_done_even_with_a_clock_set_back(
    start_task: StartTask, driver: Driver, postgres: Postgres
):
    task = await start_task(**SCRIPTED)
    await driver(event="clock", at="2024-07-03T14:00:00Z")
    await driver(event="clock", at="2018-07-03T14:00:00Z")
    await driver(**QUOTE)
    before = await driver.quote()
    await task.stop()
    await start_task(**SCRIPTED)
    await driver(**TRADE)
    after = await driver.quote()
    with psycopg.connect(postgres.url) as connection:
        (saved,) = connection.execute("SELECT market FROM market_clock").fetchone() or (None,)

    assert before.time == after.time == saved == utc("2018-07-03T14:00")
    assert after.synthetic  # the quote was forgotten, and told once only
    assert after.quote_id > before.quote_id


async def test_a_command_is_done_when_everybody_who_was_told_has_finished(
    valkey: Valkey, postgres: Postgres, driver: Driver
):
    seen: list[str] = []
    going_on = asyncio.Event()

    async def take(told: Quote | Trade) -> None:
        # A reader who is told finds the same in Redis.
        seen.append(str((await driver.quote()).last))

    environment = {"REDIS_URL": valkey.url, "DATABASE_URL": postgres.url, "DATA_DIR": str(DATA)}
    settings = read_settings(environment | SCRIPTED)
    market, clocks = RedisMarket(valkey.url), PostgresClock(postgres.url, may_go_back=True)
    status = Status(Board(), CALENDAR, (market.link, clocks.link))
    observers = Observers([take], [take], settled=[going_on.wait])  # type: ignore[list-item]
    leader = Leader(
        market,
        clocks,
        status,
        observers,
        lambda stored: ScriptedFeed(CALENDAR, settings, market, observers.all_settled, stored),
    )
    leading = asyncio.ensure_future(leader.lead())
    number = await driver.client.xadd("feed:script", {"command": json.dumps(TRADE)})
    await eventually(lambda: seen)
    await asyncio.sleep(0.1)
    early = await driver.is_done(str(number))
    going_on.set()
    await eventually(lambda: driver.is_done(str(number)))
    leading.cancel()
    await asyncio.wait({leading})
    await market.close()
    await clocks.close()

    assert not early
    assert seen == ["10.01"]
