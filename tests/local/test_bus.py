"""Delivery of events: tried again, given up, taken up after a restart; patterns refused."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.bus import Bus, Rule, Target
from local.clock import VirtualClock
from local.patterns import compile_pattern

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
FILLED = {"source": ["hub.orders"]}
ENTRY = {"Source": "hub.orders", "DetailType": "OrderFilled", "Detail": '{"id": "o-1"}'}
PUTTER = """
import asyncio, json, sys
from pathlib import Path
from local.bus import Bus, Rule, Target
from local.clock import WallClock

async def never(event):
    await asyncio.Event().wait()

async def main():
    rule = Rule("filled", {"source": ["hub.orders"]}, [Target("sink", never)])
    bus = Bus([rule], file=Path(sys.argv[1]), clock=WallClock())
    for n in range(1_000_000):
        detail = json.dumps({"id": str(n)})
        await bus.put({"Source": "hub.orders", "DetailType": "OrderFilled", "Detail": detail})
        print(n, flush=True)

asyncio.run(main())
"""


class Sink:
    """A target that fails as often as told."""

    def __init__(self, clock: VirtualClock, failures: int = 0) -> None:
        self.clock = clock
        self.failures = failures
        self.tried_at: list[float] = []
        self.got: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []

    async def deliver(self, event: dict[str, Any]) -> None:
        self.tried_at.append((self.clock.now() - START).total_seconds())
        if len(self.tried_at) <= self.failures:
            raise ConnectionError("not now")
        self.got.append(event["detail"])

    async def bury(self, event: dict[str, Any]) -> None:
        self.dead.append(event["detail"])

    def rule(self, **options: Any) -> Rule:
        target = Target("sink", self.deliver, dead_letter=self.bury, **options)
        return Rule("filled", FILLED, [target])


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


async def test_a_failed_delivery_is_tried_again_ever_more_slowly(clock: VirtualClock) -> None:
    sink = Sink(clock, failures=4)
    bus = Bus([sink.rule()], file=None, clock=clock)
    await bus.put(ENTRY)
    await clock.advance(60)
    assert sink.tried_at == [0, 1, 3, 7, 15]
    assert sink.got == [{"id": "o-1"}]
    assert sink.dead == []
    await bus.close()


@pytest.mark.parametrize("options", [{"max_attempts": 3}, {"max_age": 6}])
async def test_an_event_given_up_goes_to_the_dead_letters(
    clock: VirtualClock, options: dict[str, Any]
) -> None:
    sink = Sink(clock, failures=100)
    bus = Bus([sink.rule(**options)], file=None, clock=clock)
    await bus.put(ENTRY)
    await clock.advance(60)
    assert sink.tried_at == [0, 1, 3]
    assert sink.dead == [{"id": "o-1"}]
    await bus.settle()
    await bus.close()


async def test_one_failing_target_does_not_hold_up_another(clock: VirtualClock) -> None:
    bad, good = Sink(clock, failures=100), Sink(clock)
    targets = [Target("bad", bad.deliver), Target("good", good.deliver)]
    bus = Bus([Rule("filled", FILLED, targets)], file=None, clock=clock)
    await bus.put(ENTRY)
    await clock.advance(0)
    assert good.got == [{"id": "o-1"}]
    await bus.close()


async def test_an_accepted_event_is_delivered_after_a_restart(
    clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "bus.sqlite"
    down, up = Sink(clock, failures=100), Sink(clock)
    before = Bus([down.rule()], file=file, clock=clock)
    await before.put(ENTRY)
    await clock.advance(5)
    await before.close()

    after = Bus([up.rule()], file=file, clock=clock)
    assert after.resume() == 1
    await after.settle()
    await after.close()
    assert up.got == [{"id": "o-1"}]

    third = Bus([up.rule()], file=file, clock=clock)
    assert third.resume() == 0
    await third.close()


def acknowledged_before_the_kill(file: Path) -> set[str]:
    """The events that a process had been told were accepted when it was killed."""
    acknowledged = set()
    command = [sys.executable, "-c", PUTTER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as putter:
        assert putter.stdout is not None
        for line in putter.stdout:
            acknowledged.add(line.strip())
            if len(acknowledged) == 200:
                putter.send_signal(signal.SIGKILL)
                break
    assert putter.returncode == -signal.SIGKILL
    return acknowledged


async def test_an_accepted_event_survives_a_kill(clock: VirtualClock, tmp_path: Path) -> None:
    file = tmp_path / "bus.sqlite"
    acknowledged = acknowledged_before_the_kill(file)
    sink = Sink(clock)
    bus = Bus([sink.rule()], file=file, clock=clock)
    assert bus.resume() >= 200
    await bus.settle()
    await bus.close()
    assert acknowledged <= {detail["id"] for detail in sink.got}


async def test_a_delivery_whose_rule_is_gone_waits_for_its_return(
    clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "bus.sqlite"
    sink = Sink(clock, failures=1)
    before = Bus([sink.rule()], file=file, clock=clock)
    await before.put(ENTRY)
    await clock.advance(0)
    await before.close()
    without = Bus([], file=file, clock=clock)
    assert without.resume() == 0
    await without.close()
    back = Bus([sink.rule()], file=file, clock=clock)
    assert back.resume() == 1
    await back.settle()
    await back.close()
    assert sink.got == [{"id": "o-1"}]


async def test_the_latest_events_can_be_looked_at(clock: VirtualClock) -> None:
    bus = Bus([], file=None, clock=clock, keep_recent=2)
    ids = [await bus.put(ENTRY) for _ in range(3)]
    assert [event["id"] for event in bus.recent] == ids[1:]
    assert bus.recent[0]["time"] == "2026-11-20T14:30:00Z"
    await bus.close()


async def test_a_bus_carries_only_its_own_rules(clock: VirtualClock) -> None:
    ours, other = Sink(clock), Sink(clock)
    rules = [ours.rule()._replace(bus="hub"), other.rule()._replace(name="other")]
    bus = Bus(rules, file=None, clock=clock, buses=("default", "hub"))
    await bus.put({**ENTRY, "EventBusName": "arn:aws:events:us-east-1:000000000000:event-bus/hub"})
    await bus.settle()
    assert (ours.got, other.got) == ([{"id": "o-1"}], [])
    await bus.close()


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x"]}, {"a": ["y", "x"]}, True),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "yx"}, True),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"anything-but": [1, 2]}]}, {"a": 2}, False),
        ({"a": [{"equals-ignore-case": "Buy"}]}, {"a": "bUY"}, True),
        ({"a": [{"prefix": {"equals-ignore-case": "Bu"}}]}, {"a": "bUY"}, True),
        ({"a": [{"numeric": ["=", 5]}]}, {"a": 5.0}, True),
        ({"a": [{"numeric": ["<", 5]}]}, {"a": True}, False),
        ({"a": ["x", {"prefix": "y"}]}, {"a": "yes"}, True),
    ],
)
def test_patterns_match_as_json_compares(
    pattern: dict[str, Any], event: dict[str, Any], expected: bool
) -> None:
    assert compile_pattern(pattern)(event) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": []},
        {"a": "x"},
        {"a": [["x"]]},
        {"a": [{"wildcard": "*x"}]},
        {"a": [{"cidr": "10.0.0.0/8"}]},
        {"a": [{"prefix": 1}]},
        {"a": [{"exists": "yes"}]},
        {"a": [{"numeric": [">"]}]},
        {"a": [{"numeric": ["!", 1]}]},
        {"a": [{"anything-but": []}]},
        {"a": [{"prefix": "x", "suffix": "y"}]},
        {"$or": [{"a": ["x"]}]},
    ],
)
def test_a_pattern_that_is_wrong_or_unknown_is_refused(pattern: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        compile_pattern(pattern)


def test_rules_that_cannot_work_are_refused(clock: VirtualClock) -> None:
    sink = Sink(clock)
    with pytest.raises(ValueError, match="no bus absent"):
        Bus([sink.rule()._replace(bus="absent")], file=None, clock=clock)
    target = Target("twice", sink.deliver)
    with pytest.raises(ValueError, match="two targets"):
        Bus([Rule("filled", FILLED, [target, target])], file=None, clock=clock)
