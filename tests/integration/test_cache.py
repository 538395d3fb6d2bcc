"""The market's cache on a real Valkey: what it spares, what it costs to lose, how it comes back."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from hub.application.ports.market import BarRange, Bars
from hub.bootstrap import Hub
from hub.domain.market.bar import DailyBar
from local.services.valkey import Valkey
from tests.fixtures.databases import Databases
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import OPEN, Customer, open_world

AAPL = {"symbol": "AAPL"}
YEAR = {"start": "2011-06-01", "end": "2012-05-31", "adjustment": "all"}


class CountedBars:
    """Bars of the database, and how often it was asked."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._lock = Lock()
        self.asked = 0

    def daily(self, wanted: BarRange) -> Sequence[DailyBar]:
        with self._lock:
            self.asked += 1
        return self._bars.daily(wanted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bars, name)


def counted(hub: Hub) -> CountedBars:
    bars = CountedBars(hub.bars)
    hub.bars = bars
    return bars


@pytest.fixture
def own_cache(tmp_path: Path) -> Iterator[Valkey]:
    """A server that the test may stop."""
    server = Valkey(tmp_path / "valkey")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def front(databases: Databases, own_cache: Valkey) -> Iterator[Front]:
    with open_world(databases, own_cache) as world:
        yield Front(world)


def ask_all(front: Front, me: Customer) -> list[Answer]:
    return [
        front.call("market.list_bars", me, path=AAPL, query=YEAR),
        front.call("market.list_instruments", me),
        front.call("market.get_market_calendar", me, query={"start": "2012-06-01"}),
        front.call("market.get_market_data", me, path=AAPL),
        front.call("market.get_market_clock", me),
        front.call("market.get_instrument", me, path=AAPL),
    ]


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], int]:
    """What was counted since the last look."""
    found: dict[tuple[str, str], int] = {}
    for line in capsys.readouterr().out.splitlines():
        record = json.loads(line)
        for declared in record.get("_aws", {}).get("CloudWatchMetrics", ()):
            name = declared["Metrics"][0]["Name"]
            key = name, record["family"]
            found[key] = found.get(key, 0) + record[name]
    return found


def test_the_second_answer_comes_from_the_cache_and_is_the_same(
    front: Front, capsys: pytest.CaptureFixture[str]
):
    bars = counted(front.world.hub)
    me = front.world.customer()
    capsys.readouterr()
    first = ask_all(front, me)
    assert metrics(capsys) == {
        ("CacheMiss", "bars"): 2,
        ("CacheMiss", "actions"): 1,
        ("CacheMiss", "instruments"): 1,
        ("CacheMiss", "sessions"): 1,
        ("CacheMiss", "quote"): 1,
    }
    assert ask_all(front, me) == first
    assert metrics(capsys) == {
        ("CacheHit", "bars"): 2,
        ("CacheHit", "actions"): 1,
        ("CacheHit", "instruments"): 1,
        ("CacheHit", "sessions"): 1,
        ("CacheHit", "quote"): 1,
    }
    assert bars.asked == 1


def test_without_redis_the_answers_are_right_and_readiness_says_so(
    front: Front, own_cache: Valkey, capsys: pytest.CaptureFixture[str]
):
    world = front.world
    me = world.customer()
    # The database knows the market's clock too: the stream task writes it to both.
    world.sql(
        "INSERT INTO market_clock (name, market, wall, speed) VALUES ('replay', %s, %s, 1)",
        "2012-06-01T15:00:00Z",
        world.clock.now(),
    )
    with_redis = [(each.status, each.text) for each in ask_all(front, me)]
    ready = front.call("operations.get_readiness").body
    assert ready["status"] == "ready"

    own_cache.stop()
    capsys.readouterr()
    assert [(each.status, each.text) for each in ask_all(front, me)] == with_redis
    assert metrics(capsys) == {
        ("CacheError", family): 1
        for family in ("bars", "actions", "instruments", "sessions", "quote")
    }
    degraded = front.call("operations.get_readiness")
    assert (degraded.status, degraded.body["status"]) == (200, "degraded")
    assert {each["name"]: each["healthy"] for each in degraded.body["dependencies"]} == {
        "database": True,
        "redis": False,
    }


def test_a_redis_that_comes_back_is_used_again_without_a_restart(
    front: Front,
    own_cache: Valkey,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    seconds = [0.0]
    monkeypatch.setattr("hub.adapters.redis.link.monotonic", lambda: seconds[0])
    world = front.world
    me = world.customer()
    own_cache.stop()
    before = front.call("market.list_bars", me, path=AAPL, query=YEAR)
    own_cache.restart()
    world.market(world.hub.market_data.view([]).clock.market)
    seconds[0] += 2
    capsys.readouterr()
    for _ in range(2):
        after = front.call("market.list_bars", me, path=AAPL, query={**YEAR, "adjustment": "raw"})
        assert after.status == before.status == 200
    assert metrics(capsys) == {("CacheMiss", "bars"): 2, ("CacheHit", "bars"): 2}


def test_of_many_processes_that_miss_at_once_one_asks_the_database(front: Front):
    hubs = [front.world.another_hub() for _ in range(8)]
    counters = [counted(hub) for hub in hubs]
    for hub in hubs:
        # Opened before, so that making a value takes no longer than others wait for it.
        hub.market_data.view([])
        hub.instruments.find("AAPL")
    instrument = front.world.hub.get_instrument("AAPL")
    wanted = BarRange(instrument.instrument_id, date(2011, 6, 1), date(2012, 5, 31), 1000)
    with ThreadPoolExecutor(len(hubs)) as pool:
        read = list(pool.map(lambda hub: hub.cached_bars.daily(wanted), hubs))
    assert all(each == read[0] for each in read)
    assert sum(each.asked for each in counters) == 1


def test_after_the_warm_job_nobody_waits_for_the_database(
    front: Front, capsys: pytest.CaptureFixture[str]
):
    me = front.world.customer()
    assert front.world.hub.warm_cache() == 20
    bars = counted(front.world.hub)
    capsys.readouterr()
    assert front.call("market.list_bars", me, path=AAPL).status == 200
    assert front.call("market.list_instruments", me).status == 200
    assert front.call("market.get_market_calendar", me).status == 200
    assert metrics(capsys) == {
        ("CacheHit", "bars"): 2,
        ("CacheHit", "instruments"): 1,
        ("CacheHit", "sessions"): 1,
    }
    assert bars.asked == 0


def test_warming_without_redis_stores_nothing_and_fails_nobody(front: Front, own_cache: Valkey):
    own_cache.stop()
    assert front.world.hub.warm_cache() == 0


def test_what_is_cached_can_be_looked_at_and_dropped(front: Front):
    world = front.world
    hub = world.hub
    hub.warm_cache()
    world.clock.advance(60)
    hub.market_data.view(["AAPL", "IBM"])
    state = {each.name: each for each in hub.market_cache.state()}
    assert {name: each.entries for name, each in state.items()} == {
        "quote": 2,
        "instruments": 1,
        "sessions": 4,
        "bars": 10,
        "actions": 5,
    }
    assert state["quote"].oldest == world.clock.now()
    assert state["bars"].oldest == state["bars"].newest
    assert hub.market_cache.drop([hub.get_instrument("AAPL")]) == 1 + 1 + 2 + 1
    assert hub.market_cache.drop(None) == 1 + 4 + 8 + 4
    assert hub.market_cache.drop(None) == 0
    assert all(each.oldest is None for each in hub.market_cache.state())
    # What the stream task writes is no cache, and stays.
    assert hub.market_data.view([]).clock.market == OPEN
