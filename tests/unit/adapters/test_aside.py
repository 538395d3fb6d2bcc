"""Cache-aside: one makes what all ask for, old values are renewed in time, nothing hangs on it."""

import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Event, Lock
from typing import Any

import pytest

from hub.adapters.caching.aside import ERROR, HIT, MISS, Aside, Family
from hub.adapters.caching.families import (
    ACTIONS,
    BARS,
    FAMILIES,
    INSTRUMENTS,
    QUOTES,
    SESSIONS,
)
from hub.adapters.caching.market import CachedBars
from hub.adapters.metrics import EmfMeter
from hub.application.ports.market import BarRange
from hub.domain.kernel import InstrumentId, UnavailableError
from hub.domain.market.bar import DailyBar, Dividend, Split
from hub.domain.market.calendar import Session
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote
from hub.domain.market.trading_day import DayKind, TradingDay
from tests.fixtures.caches import HeldMeter, MemoryCache
from tests.fixtures.ports import EPOCH, MovedClock

NUMBERS: Family[int] = Family("numbers", timedelta(minutes=5), str, int)


class Source:
    """Makes values, and counts how often it is asked for each name."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.values: dict[str, int] = {"a": 1, "b": 2}
        self.failure: Exception | None = None
        self._lock = Lock()

    def __call__(self, names: Sequence[str]) -> Mapping[str, int]:
        with self._lock:
            self.asked += names
        if self.failure is not None:
            raise self.failure
        return {name: self.values[name] for name in names if name in self.values}


class Stage:
    def __init__(self) -> None:
        self.clock = MovedClock()
        self.cache = MemoryCache(self.clock)
        self.meter = HeldMeter()
        self.aside = Aside(self.cache, self.clock, self.meter, lambda _: None)
        self.source = Source()

    def read(self, *names: str) -> Mapping[str, int]:
        return self.aside.read(NUMBERS, names, self.source)

    def counted(self) -> tuple[int, int, int]:
        return tuple(self.meter.counts[each, "numbers"] for each in (HIT, MISS, ERROR))  # type: ignore[return-value]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_value_is_made_once_and_then_found(stage: Stage):
    assert stage.read("a") == stage.read("a") == {"a": 1}
    assert stage.source.asked == ["a"]
    assert stage.counted() == (1, 1, 0)


def test_only_what_is_missing_is_made(stage: Stage):
    stage.read("a")
    assert stage.read("a", "b") == {"a": 1, "b": 2}
    assert stage.source.asked == ["a", "b"]
    assert stage.counted() == (1, 2, 0)


def test_what_does_not_exist_is_absent_and_asked_for_again(stage: Stage):
    assert stage.read("z") == stage.read("z") == {}
    assert stage.source.asked == ["z", "z"]


def test_after_its_life_a_value_is_made_anew(stage: Stage):
    stage.read("a")
    stage.source.values["a"] = 10
    stage.clock.advance(300)
    assert stage.read("a") == {"a": 10}
    assert stage.counted() == (0, 2, 0)


def test_a_value_is_renewed_before_it_ends(stage: Stage):
    stage.read("a")
    stage.source.values["a"] = 10
    stage.clock.advance(239)
    assert stage.read("a") == {"a": 1}
    stage.clock.advance(1)
    assert stage.read("a") == {"a": 10}
    stage.clock.advance(239)
    assert stage.read("a") == {"a": 10}
    assert stage.source.asked == ["a", "a"]
    assert stage.counted() == (3, 1, 0)


def test_while_one_renews_a_value_the_others_take_the_old(stage: Stage):
    stage.read("a")
    stage.clock.advance(250)
    stage.cache.reserve([NUMBERS.key("a")], timedelta(seconds=2))
    stage.source.values["a"] = 10
    assert stage.read("a") == {"a": 1}
    assert stage.source.asked == ["a"]


def test_an_old_value_is_shown_while_it_cannot_be_made(stage: Stage):
    stage.read("a")
    stage.source.failure = UnavailableError("down")
    stage.clock.advance(250)
    assert stage.read("a") == {"a": 1}
    stage.clock.advance(50)
    with pytest.raises(UnavailableError):
        stage.read("a")


def test_a_failure_reserves_nothing(stage: Stage):
    stage.source.failure = RuntimeError("defect")
    with pytest.raises(RuntimeError):
        stage.read("a")
    stage.source.failure = None
    assert stage.read("a") == {"a": 1}


class WatchedCache(MemoryCache):
    """Tells when a value is there."""

    def __init__(self, clock: MovedClock) -> None:
        super().__init__(clock)
        self.stored = Event()

    def put(self, texts: Mapping[str, str], life: timedelta) -> None:
        super().put(texts, life)
        self.stored.set()


def test_of_all_who_miss_a_key_one_makes_it(stage: Stage):
    somebody_waits = Event()
    cache = WatchedCache(stage.clock)

    def pause(_seconds: float) -> None:
        somebody_waits.set()
        assert cache.stored.wait(10)

    def slow(names: Sequence[str]) -> Mapping[str, int]:
        assert somebody_waits.wait(10)
        return stage.source(names)

    aside = Aside(cache, stage.clock, stage.meter, pause)
    with ThreadPoolExecutor(16) as pool:
        read = [pool.submit(aside.read, NUMBERS, ["a", "b"], slow) for _ in range(16)]
    assert [each.result() for each in read] == [{"a": 1, "b": 2}] * 16
    assert sorted(stage.source.asked) == ["a", "b"]


def test_who_waits_in_vain_makes_the_value_alone(stage: Stage):
    pauses: list[float] = []
    aside = Aside(stage.cache, stage.clock, stage.meter, pauses.append)
    stage.cache.reserve([NUMBERS.key("a")], timedelta(seconds=2))
    assert aside.read(NUMBERS, ["a"], stage.source) == {"a": 1}
    assert 0 < sum(pauses) < 0.5


def test_without_a_cache_every_answer_is_made(stage: Stage):
    stage.read("a")
    stage.cache.up = False
    assert stage.read("a", "b") == {"a": 1, "b": 2}
    assert stage.source.asked == ["a", "a", "b"]
    assert stage.counted() == (0, 1, 1)
    stage.cache.up = True
    assert stage.read("a") == {"a": 1}
    assert stage.counted() == (1, 1, 1)


def test_a_cache_that_goes_down_while_a_value_is_made_costs_only_the_keeping(stage: Stage):
    def falling(names: Sequence[str]) -> Mapping[str, int]:
        stage.cache.up = False
        return stage.source(names)

    assert stage.aside.read(NUMBERS, ["a"], falling) == {"a": 1}
    assert stage.counted() == (0, 1, 2)


def test_a_cache_that_goes_down_while_one_waits_costs_only_the_waiting(stage: Stage):
    stage.cache.reserve([NUMBERS.key("a")], timedelta(seconds=2))

    def falling(_seconds: float) -> None:
        stage.cache.up = False

    aside = Aside(stage.cache, stage.clock, stage.meter, falling)
    assert aside.read(NUMBERS, ["a"], stage.source) == {"a": 1}


def test_garbage_is_counted_and_made_anew(stage: Stage):
    stage.cache.put({NUMBERS.key("a"): "one"}, timedelta(minutes=5))
    assert stage.read("a") == {"a": 1}
    assert stage.read("a") == {"a": 1}
    assert stage.counted() == (1, 1, 1)


def test_counts_are_lines_of_cloudwatch_s_embedded_format():
    out = io.StringIO()
    EmfMeter(MovedClock(), out).count(HIT, "bars", 3)
    line = json.loads(out.getvalue())
    assert (line["family"], line[HIT]) == ("bars", 3)
    assert line["_aws"]["Timestamp"] == int(EPOCH.timestamp() * 1000)
    [declared] = line["_aws"]["CloudWatchMetrics"]
    assert declared["Dimensions"] == [["family"]]
    assert declared["Metrics"] == [{"Name": HIT, "Unit": "Count"}]


D = Decimal
OPENED, CLOSED = (datetime.fromisoformat(f"2012-06-01T{each}:00:00+00:00") for each in ("13", "20"))
VALUES: list[tuple[Family[Any], Any]] = [
    (QUOTES, Quote("q", "A", D("1.10"), D(2), D(3), D(4), D(5), OPENED, last_close=True)),
    (INSTRUMENTS, [Instrument(InstrumentId("i"), "A", "Ação", "stocks", "XNYS", "USD")]),
    (INSTRUMENTS, []),
    (
        SESSIONS,
        [TradingDay(Session("XNYS", date(2012, 6, 1), OPENED, CLOSED), DayKind.EARLY_CLOSE)],
    ),
    (BARS, [DailyBar(date(2012, 6, 1), D("1.0000"), D("2.5"), D("0.5"), D("1.23"), 10**12)]),
    (
        ACTIONS,
        [
            Split(date(2012, 6, 1), 2, 1),
            Dividend(date(2012, 6, 4), D("0.20"), D("30.21")),
        ],
    ),
]


@pytest.mark.parametrize(("family", "value"), VALUES, ids=lambda each: getattr(each, "name", ""))
def test_a_value_survives_its_text(family: Family[Any], value: Any):
    assert family.decode(family.encode(value)) == value
    assert str(family.decode(family.encode(value))) == str(value)


def test_every_family_has_a_name_of_its_own_and_one_of_two_lives():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    lives = {family.name: family.life.total_seconds() for family in FAMILIES}
    assert lives.pop("quote") == 5
    assert set(lives.values()) == {300}


class CountedBars:
    """One bar each weekday of some years."""

    def __init__(self, first: int, last: int) -> None:
        day, self.rows = date(first, 1, 1), []
        while day.year <= last:
            if day.weekday() < 5:
                self.rows.append(DailyBar(day, D(1), D(1), D(1), D(1), 1))
            day += timedelta(days=1)
        self.asked: list[BarRange] = []

    def daily(self, wanted: BarRange) -> Sequence[DailyBar]:
        self.asked.append(wanted)
        return [each for each in self.rows if wanted.first <= each.day <= wanted.last][
            : wanted.limit
        ]

    def actions(
        self, instrument_id: InstrumentId, after: date, last: date
    ) -> Sequence[Split | Dividend]:
        return []


@pytest.mark.parametrize("limit", [1, 2, 199, 200, 201, 261, 262, 400, 2000])
@pytest.mark.parametrize(
    ("first", "last"),
    [("1999-12-31", "2001-01-01"), ("2000-03-01", "2003-06-30"), ("1950-01-01", "2030-01-01")],
)
def test_a_range_from_the_cache_is_the_range_itself(
    stage: Stage, first: str, last: str, limit: int
):
    bars = CountedBars(2000, 2003)
    wanted = BarRange(InstrumentId("i"), date.fromisoformat(first), date.fromisoformat(last), limit)
    expected = bars.daily(wanted)
    bars.asked.clear()
    cached = CachedBars(bars, stage.aside)
    assert cached.daily(wanted) == expected
    asked = len(bars.asked)
    assert cached.daily(wanted) == expected
    assert len(bars.asked) == asked, "the second time everything is there"


def test_years_that_are_not_there_are_read_at_once(stage: Stage):
    bars = CountedBars(2000, 2003)
    cached = CachedBars(bars, stage.aside)
    cached.daily(BarRange(InstrumentId("i"), date(2001, 1, 1), date(2001, 2, 1), 1000))
    cached.daily(BarRange(InstrumentId("i"), date(2000, 1, 1), date(2003, 12, 31), 1000))
    spans = [(each.first.year, each.last.year) for each in bars.asked]
    assert spans == [(2001, 2001), (2000, 2003)]
