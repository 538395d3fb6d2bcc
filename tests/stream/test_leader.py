"""What the leader passes on, in which order, and what a crash repeats."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import redis.asyncio

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock, clock_from_record
from hub.domain.market.course import Course
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade, trade_from_record
from stream.board import Board
from stream.clock import Turn
from stream.feed import Event, Stored
from stream.leader import Leader, Observers
from stream.postgres_clock import PostgresClock
from stream.redis_market import RedisMarket
from stream.status import Status
from tests.stream.market import tape, utc
from tests.stream.servers import Postgres, Valkey, eventually

FRIDAY = next(
    session
    for session in [tape().calendar.session_at(utc("2012-06-01T14:00"))]
    if session is not None
)


COURSE = Course("replay", virtual=True, speed=60.0)


class ScriptedFeed:
    """Tells what it was given, then nothing more."""

    calendar: Calendar = tape().calendar

    def __init__(self, *batches: Sequence[Event], market: datetime = FRIDAY.open) -> None:
        self._batches = batches
        self._market = market

    def clock(self) -> MarketClock:
        return MarketClock(self._market, datetime.now(UTC), 60.0)

    def halted(self) -> MarketClock:
        return self.clock()._replace(speed=0.0)

    def course(self) -> Course:
        return COURSE

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        for batch in self._batches:
            yield batch
        await asyncio.Event().wait()


def quote(sequence: int) -> Quote:
    price = Decimal("10.00")
    return Quote(
        f"AAPL-1-{sequence}", "AAPL", price, price, price, price, price, utc("2012-06-01T14:00")
    )


def trade(number: int) -> Trade:
    return Trade(
        f"AAPL-20120601-{number}", "AAPL", Decimal("10.00"), Decimal(5), utc("2012-06-01T14:00")
    )


def closing() -> Turn:
    return Turn(MarketClock(FRIDAY.close, datetime.now(UTC), 9.0), FRIDAY, opened=False)


class Bench:
    """A leader on real servers, with one observer that writes down what it is told."""

    def __init__(self, valkey: Valkey, postgres: Postgres, feed: ScriptedFeed) -> None:
        self.told: list[Event] = []
        self.market = RedisMarket(valkey.url)
        self.clocks = PostgresClock(postgres.url)
        self.status = Status(Board(), feed.calendar, (self.market.link, self.clocks.link))
        self.given: list[Stored | None] = []
        self.leader = Leader(
            self.market,
            self.clocks,
            self.status,
            Observers([self.take], [self.take], [self.take]),
            self._open,
        )
        self._feed = feed

    async def take(self, told: Event) -> None:
        self.told.append(told)

    def _open(self, stored: Stored | None) -> ScriptedFeed:
        self.given.append(stored)
        return self._feed

    async def close(self) -> None:
        await self.market.close()
        await self.clocks.close()


async def lead_until(bench: Bench, count: int) -> None:
    leading = asyncio.ensure_future(bench.leader.lead())
    await eventually(lambda: leading.done() or len(bench.told) >= count)
    await asyncio.sleep(0.05)
    leading.cancel()
    await asyncio.wait({leading})
    if not leading.cancelled():
        leading.result()


async def test_observers_are_told_of_trades_quotes_and_sessions_in_their_order(
    valkey: Valkey, postgres: Postgres
):
    told: list[Event] = [trade(1), quote(1), trade(2), trade(3), quote(2), closing(), quote(3)]
    bench = Bench(valkey, postgres, ScriptedFeed(told[:3], told[3:]))

    await lead_until(bench, 7)
    await bench.close()

    assert bench.told == told


async def test_trades_are_published_in_their_order(valkey: Valkey, postgres: Postgres):
    bench = Bench(valkey, postgres, ScriptedFeed([trade(1), quote(1), trade(2)]))
    async with (
        redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client,
        client.pubsub(ignore_subscribe_messages=True) as channel,
    ):
        await channel.subscribe("trades")
        await channel.get_message(timeout=1)
        await lead_until(bench, 3)
        heard = [await channel.get_message(timeout=1) for _ in range(2)]
    await bench.close()

    assert [trade_from_record(json.loads(each["data"])) for each in heard if each] == [
        trade(1),
        trade(2),
    ]


async def test_a_quote_is_in_redis_before_it_is_observed(valkey: Valkey, postgres: Postgres):
    bench = Bench(valkey, postgres, ScriptedFeed([quote(1)]))
    found: list[str] = []

    async def look(_told: Event) -> None:
        async with redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client:
            found.append(str(json.loads(str(await client.get("market_data:AAPL")))["id"]))

    bench.leader = Leader(
        bench.market,
        bench.clocks,
        bench.status,
        Observers([look]),
        lambda _: ScriptedFeed([quote(1)]),
    )
    leading = asyncio.ensure_future(bench.leader.lead())
    await eventually(lambda: found)
    leading.cancel()
    await asyncio.wait({leading})
    await bench.close()

    assert found == ["AAPL-1-1"]


async def test_an_error_of_an_observer_ends_the_leader_and_the_close_is_told_again(
    valkey: Valkey, postgres: Postgres
):
    bench = Bench(valkey, postgres, ScriptedFeed([closing()]))

    async def fail(_turn: Turn) -> None:
        raise ZeroDivisionError

    bench.leader = Leader(
        bench.market,
        bench.clocks,
        bench.status,
        Observers(turns=[fail]),
        lambda _: ScriptedFeed([closing()]),
    )
    with pytest.raises(ZeroDivisionError):
        await bench.leader.lead()
    await bench.leader.halt()
    saved = await bench.clocks.load()
    await bench.close()

    assert saved is not None
    assert saved.clock.market == FRIDAY.open  # not yet the close: whoever leads next tells of it


async def test_the_clock_is_saved_at_every_turn_in_both_places(valkey: Valkey, postgres: Postgres):
    bench = Bench(valkey, postgres, ScriptedFeed([closing()]))

    await lead_until(bench, 1)
    in_postgres = await bench.clocks.load()
    async with redis.asyncio.Redis.from_url(valkey.url, decode_responses=True) as client:
        in_redis = clock_from_record(json.loads(str(await client.get("market:clock"))))
    await bench.close()

    assert in_postgres is not None
    assert in_postgres.clock.market == in_redis.market == FRIDAY.close
    assert in_postgres.clock.speed == in_redis.speed == 9.0
    assert in_postgres.course == COURSE


async def test_a_leader_that_was_cut_off_cannot_turn_the_saved_clock_back(
    valkey: Valkey, postgres: Postgres
):
    clocks = PostgresClock(postgres.url)
    later = MarketClock(utc("2012-06-01T15:00"), datetime.now(UTC), 60.0)

    await clocks.save(later, COURSE)
    await clocks.save(later._replace(market=utc("2012-06-01T14:59")), COURSE)
    saved = await clocks.load()
    await clocks.close()

    assert saved is not None
    assert saved.clock.market == later.market


async def test_the_feed_goes_on_from_the_later_of_the_two_saved_clocks(
    valkey: Valkey, postgres: Postgres
):
    bench = Bench(valkey, postgres, ScriptedFeed([quote(1)], market=utc("2012-06-01T16:00")))
    early = MarketClock(utc("2012-06-01T14:00"), datetime.now(UTC), 60.0)
    await bench.clocks.save(early, COURSE)
    await bench.market.save_clock(early._replace(market=utc("2012-06-01T15:00")), COURSE)

    await lead_until(bench, 1)
    await bench.close()

    assert [each.clock.market for each in bench.given if each] == [utc("2012-06-01T15:00")]


async def test_of_two_clocks_that_show_the_same_the_one_with_the_later_wish_holds(
    valkey: Valkey, postgres: Postgres
):
    bench = Bench(valkey, postgres, ScriptedFeed([quote(1)]))
    clock = MarketClock(FRIDAY.open, datetime.now(UTC), 0.0)
    await bench.clocks.save(clock, COURSE._replace(wish="10-1", paused=True))
    await bench.market.save_clock(clock, COURSE._replace(wish="9-7"))

    await lead_until(bench, 1)
    await bench.close()

    assert [each.course.paused for each in bench.given if each and each.course] == [True]


async def test_while_the_database_is_away_no_market_starts_over(valkey: Valkey, tmp_path):
    nowhere = Postgres(tmp_path)  # never created
    bench = Bench(valkey, nowhere, ScriptedFeed([quote(1)]))
    leading = asyncio.ensure_future(bench.leader.lead())

    await eventually(lambda: bench.clocks.link.up is False)
    await asyncio.sleep(0.2)
    leading.cancel()
    await asyncio.wait({leading})
    await bench.close()

    assert bench.given == []
