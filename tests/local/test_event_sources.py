"""Batches from a queue to a function: what is deleted, what comes back, how many run at once."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from local.clock import VirtualClock
from local.event_sources import EventSource, FunctionFailedError
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
Event = dict[str, Any]


class World:
    """A queue, a clock, and a function that answers as told and remembers what it got."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        specs = [QueueSpec("q", visibility=60, dead_letter="dlq", max_receives=2), QueueSpec("dlq")]
        self.queues = Queues(specs, file=None, clock=self.clock)
        self.events: list[Event] = []
        self.answer: Callable[[Event], Awaitable[Any]] | Any = None

    async def invoke(self, event: Event) -> Any:
        self.events.append(event)
        return await self.answer(event) if callable(self.answer) else self.answer

    async def send(self, *texts: str) -> None:
        await self.queues.send_batch("q", [Draft(text) for text in texts])

    def bodies(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.events]

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[EventSource]:
        source = EventSource(self.queues, "q", self.invoke, **options)
        running = asyncio.create_task(source.run())
        await self.clock.advance(0)
        yield source
        await source.stop()
        await running
        self.queues.close()


@pytest.fixture
def world() -> World:
    return World()


def failures(*ids: object) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identity} for identity in ids]}


async def test_a_record_has_the_shape_that_lambda_gets(world: World) -> None:
    raw = base64.b64encode(b"\x00\x01").decode()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "limit"},
        "raw": {"DataType": "Binary", "BinaryValue": raw},
    }
    async with world.running():
        sent = await world.queues.send("q", Draft("m", group="acct-1", attributes=attributes))
        await world.clock.advance(0)
    (record,) = world.events[0]["Records"]
    now = str(int(START.timestamp() * 1000))
    assert record.pop("receiptHandle")
    assert record == {
        "messageId": sent,
        "body": "m",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": now,
            "SenderId": "000000000000",
            "ApproximateFirstReceiveTimestamp": now,
            "MessageGroupId": "acct-1",
        },
        "messageAttributes": {
            "kind": {
                "stringValue": "limit",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {
                "binaryValue": raw,
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": hashlib.md5(b"m").hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q",
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}, {"other": 1}]
)
async def test_an_answer_without_failures_deletes_the_batch(world: World, answer: Any) -> None:
    world.answer = answer
    async with world.running(report_failures=True):
        await world.send("a", "b")
        await world.clock.advance(0)
        assert world.queues.depth("q") == (0, 0, 0)


async def test_without_report_failures_any_answer_deletes_the_batch(world: World) -> None:
    world.answer = failures("nonsense")
    async with world.running(report_failures=False):
        await world.send("a", "b")
        await world.clock.advance(0)
        assert world.queues.depth("q") == (0, 0, 0)


async def test_only_the_failed_messages_come_back(world: World) -> None:
    async def second_fails(event: Event) -> Any:
        return failures(*(r["messageId"] for r in event["Records"] if r["body"] == "b"))

    world.answer = second_fails
    async with world.running(report_failures=True):
        await world.send("a", "b", "c")
        await world.clock.advance(0)
        assert world.queues.depth("q") == (0, 1, 0)
        world.answer = None
        await world.clock.advance(59)
        assert world.bodies() == [["a", "b", "c"]]
        await world.clock.advance(1)
    assert world.bodies() == [["a", "b", "c"], ["b"]]
    assert world.events[1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.parametrize(
    "answer",
    [
        failures("unknown"),
        failures(""),
        failures(None),
        {"batchItemFailures": [{"id": "wrong key"}]},
        {"batchItemFailures": ["no object"]},
        {"batchItemFailures": "no list"},
        "no object",
    ],
)
async def test_an_answer_that_names_no_message_of_the_batch_fails_it_whole(
    world: World, answer: Any
) -> None:
    world.answer = answer
    async with world.running(report_failures=True):
        await world.send("a", "b")
        await world.clock.advance(0)
        assert world.queues.depth("q") == (0, 2, 0)


@pytest.mark.parametrize("error", [FunctionFailedError("Unhandled"), RuntimeError("bug")])
async def test_messages_of_a_failed_function_end_in_the_dead_letter_queue(
    world: World, error: Exception
) -> None:
    async def fail(event: Event) -> Any:
        raise error

    world.answer = fail
    async with world.running():
        await world.send("poison")
        await world.clock.advance(200)
        assert world.bodies() == [["poison"], ["poison"]]
        assert world.queues.depth("dlq").visible == 1


async def test_a_batch_is_no_larger_than_its_size(world: World) -> None:
    async with world.running(batch_size=2):
        await world.send("a", "b", "c")
        await world.clock.advance(0)
    assert world.bodies() == [["a", "b"], ["c"]]


async def test_a_window_collects_until_it_ends_or_the_batch_is_full(world: World) -> None:
    async with world.running(batch_size=3, window=5):
        await world.send("a")
        await world.clock.advance(3)
        await world.send("b")
        await world.clock.advance(1)
        assert world.bodies() == []
        await world.clock.advance(1)
        assert world.bodies() == [["a", "b"]]
        await world.send("c", "d", "e")
        await world.clock.advance(0)
        assert world.bodies()[1:] == [["c", "d", "e"]]


async def test_no_more_invocations_run_than_allowed(world: World) -> None:
    running, most, release = 0, 0, asyncio.Event()

    async def hold(event: Event) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await release.wait()
        running -= 1

    world.answer = hold
    async with world.running(batch_size=1, max_concurrency=2):
        await world.send("a", "b", "c", "d")
        await world.clock.advance(0)
        assert (most, world.queues.depth("q").visible) == (2, 2)
        release.set()
        await world.clock.advance(0)
    assert len(world.events) == 4
    assert most == 2


async def test_a_batch_over_the_payload_limit_is_split(world: World) -> None:
    async with world.running():
        await world.send(*("x" * 1_000_000 for _ in range(8)))
        await world.clock.advance(0)
    assert [len(event["Records"]) for event in world.events] == [5, 3]


async def test_stop_waits_for_the_running_invocation(world: World) -> None:
    release = asyncio.Event()

    async def hold(event: Event) -> None:
        await release.wait()

    world.answer = hold
    async with world.running() as source:
        await world.send("a")
        await world.clock.advance(0)
        stopping = asyncio.create_task(source.stop())
        await world.clock.advance(0)
        assert not stopping.done()
        release.set()
        await stopping
        assert world.queues.depth("q") == (0, 0, 0)


async def test_a_cancelled_run_waits_for_the_running_invocation(world: World) -> None:
    release = asyncio.Event()

    async def hold(event: Event) -> None:
        await release.wait()

    world.answer = hold
    source = EventSource(world.queues, "q", world.invoke)
    running = asyncio.create_task(source.run())
    await world.send("a")
    await world.clock.advance(0)
    running.cancel()
    await world.clock.advance(0)
    assert not running.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.queues.depth("q") == (0, 0, 0)
    world.queues.close()


async def test_stop_gives_back_a_batch_not_yet_invoked(world: World) -> None:
    async with world.running(window=5) as source:
        await world.send("a")
        await world.clock.advance(1)
        await source.stop()
        assert world.queues.depth("q").visible == 1
    assert world.events == []


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 11}, {"batch_size": 0}, {"window": 301}, {"filter_criteria": {"Filters": []}}],
)
def test_settings_that_aws_or_this_refuses(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="q: "):
        EventSource(world.queues, "q", world.invoke, **options)
