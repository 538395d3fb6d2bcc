"""What the queues hold beyond the contract: durability, cost by depth, fairness, virtual time."""

import asyncio
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.clock import VirtualClock, WallClock
from local.queues.errors import SqsError
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
SPECS = [
    QueueSpec("orders", visibility=30, retention=600, dead_letter="dlq", max_receives=2),
    QueueSpec("dlq", retention=600),
]
SENDER = """
import asyncio, sys
from pathlib import Path
from local.clock import WallClock
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues

async def send(queues, sender):
    for n in range(1_000_000):
        await queues.send("q", Draft(f"{sender}-{n}"))
        print(f"{sender}-{n}", flush=True)

async def main():
    queues = Queues([QueueSpec("q")], file=Path(sys.argv[1]), clock=WallClock())
    await asyncio.gather(*(send(queues, sender) for sender in range(5)))

asyncio.run(main())
"""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
async def queues(clock: VirtualClock, tmp_path: Path) -> AsyncIterator[Queues]:
    made = Queues(SPECS, file=tmp_path / "q.sqlite", clock=clock)
    yield made
    made.close()


async def bodies(queues: Queues, name: str = "orders", limit: int = 10) -> list[str]:
    return [item.draft.body for item in await queues.receive(name, limit=limit)]


def acknowledged_before_the_kill(file: Path) -> set[str]:
    """What a process that sends had been told was sent when it was killed."""
    command = [sys.executable, "-c", SENDER, str(file)]
    acknowledged = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        for line in sender.stdout:
            acknowledged.add(line.strip())
            if len(acknowledged) == 2000:
                sender.send_signal(signal.SIGKILL)
                break
        acknowledged.update(line.strip() for line in sender.stdout if line.endswith("\n"))
    assert sender.returncode == -signal.SIGKILL
    assert len(acknowledged) >= 2000
    return acknowledged


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "q.sqlite"
    acknowledged = acknowledged_before_the_kill(file)
    reopened = Queues([QueueSpec("q")], file=file, clock=WallClock())
    received = await bodies(reopened, "q", limit=1_000_000)
    reopened.close()
    assert acknowledged <= set(received)
    assert len(received) == len(set(received))


async def test_a_restart_keeps_what_each_message_has_been_through(
    clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "q.sqlite"
    before = Queues(SPECS, file=file, clock=clock)
    attributes = {"kind": {"DataType": "String", "StringValue": "limit"}}
    await before.send("orders", Draft("in flight", group="a", attributes=attributes, trace="t"))
    await before.send("orders", Draft("deleted"))
    await before.send("orders", Draft("delayed", delay=60))
    in_flight, deleted = await before.receive("orders", limit=2)
    await before.delete("orders", deleted.receipt)
    before.close()

    after = Queues(SPECS, file=file, clock=clock)
    assert after.depth("orders") == (1, 0, 1)
    (again,) = await after.receive("orders")
    assert again.draft == in_flight.draft
    assert (again.id, again.receives, again.sent) == (in_flight.id, 2, in_flight.sent)
    await after.delete("orders", again.receipt)
    await clock.advance(60)
    assert await bodies(after) == ["delayed"]
    after.close()


async def test_what_was_in_flight_when_the_runtime_ended_is_received_at_once_by_the_next(
    clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "q.sqlite"
    before = Queues(SPECS, file=file, clock=clock)
    await before.send("orders", Draft("m"))
    await before.receive("orders", visibility=43200)
    assert await bodies(before) == []
    before.close()
    after = Queues(SPECS, file=file, clock=clock)
    assert await bodies(after) == ["m"]
    after.close()


async def test_a_receipt_is_good_after_a_restart(clock: VirtualClock, tmp_path: Path) -> None:
    file = tmp_path / "q.sqlite"
    before = Queues(SPECS, file=file, clock=clock)
    await before.send("orders", Draft("m"))
    (got,) = await before.receive("orders")
    await asyncio.sleep(0)
    before.close()
    after = Queues(SPECS, file=file, clock=clock)
    await after.delete("orders", got.receipt)
    assert after.depth("orders") == (0, 0, 0)
    after.close()


async def test_messages_of_a_queue_that_is_gone_are_kept_for_its_return(
    clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "q.sqlite"
    before = Queues(SPECS, file=file, clock=clock)
    await before.send("orders", Draft("m"))
    before.close()
    without = Queues([QueueSpec("other")], file=file, clock=clock)
    await without.send("other", Draft("new"))
    with pytest.raises(SqsError, match="QueueDoesNotExist"):
        await without.receive("orders")
    without.close()
    back = Queues(SPECS, file=file, clock=clock)
    assert await bodies(back) == ["m"]
    back.close()


def test_two_processes_cannot_share_a_file(clock: VirtualClock, tmp_path: Path) -> None:
    import sqlite3

    first = Queues(SPECS, file=tmp_path / "q.sqlite", clock=clock)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Queues(SPECS, file=tmp_path / "q.sqlite", clock=clock)
    first.close()


async def test_dead_letters_survive_a_restart_and_name_their_source(
    queues: Queues, clock: VirtualClock, tmp_path: Path
) -> None:
    await queues.send("orders", Draft("poison"))
    for _ in range(3):
        await queues.receive("orders", visibility=0)
    await asyncio.sleep(0)
    queues.close()
    after = Queues(SPECS, file=tmp_path / "q.sqlite", clock=clock)
    (dead,) = await after.receive("dlq")
    assert (dead.draft.body, dead.source) == ("poison", after.arn("orders"))
    after.close()


async def test_messages_past_their_retention_are_gone(queues: Queues, clock: VirtualClock) -> None:
    await queues.send("orders", Draft("old"))
    await clock.advance(300)
    await queues.send("orders", Draft("new"))
    await clock.advance(301)
    assert queues.depth("orders") == (1, 0, 0)
    assert await bodies(queues) == ["new"]


async def test_an_old_receipt_deletes_nothing(queues: Queues, clock: VirtualClock) -> None:
    await queues.send("orders", Draft("m"))
    (first,) = await queues.receive("orders")
    await clock.advance(30)
    (second,) = await queues.receive("orders")
    await queues.delete("orders", first.receipt)
    assert queues.depth("orders").in_flight == 1
    await queues.delete("orders", second.receipt)
    assert queues.depth("orders").in_flight == 0


async def test_a_receipt_of_another_queue_is_refused(queues: Queues) -> None:
    await queues.send("orders", Draft("m"))
    (got,) = await queues.receive("orders")
    with pytest.raises(SqsError, match="ReceiptHandleIsInvalid"):
        await queues.delete("dlq", got.receipt)


async def test_a_waiting_receiver_gets_what_becomes_visible(
    queues: Queues, clock: VirtualClock
) -> None:
    await queues.send("orders", Draft("delayed", delay=5))
    waiting = asyncio.create_task(queues.receive("orders", wait=20))
    await clock.advance(4)
    assert not waiting.done()
    await clock.advance(1)
    assert [item.draft.body for item in await waiting] == ["delayed"]


async def test_a_waiting_receiver_gets_nothing_at_its_deadline(
    queues: Queues, clock: VirtualClock
) -> None:
    waiting = asyncio.create_task(queues.receive("orders", wait=20))
    await clock.advance(19)
    assert not waiting.done()
    await clock.advance(1)
    assert await waiting == []


async def test_every_waiting_receiver_gets_its_message(queues: Queues, clock: VirtualClock) -> None:
    waiting = [asyncio.create_task(queues.receive("orders", wait=20)) for _ in range(3)]
    await asyncio.sleep(0)
    for n in range(3):
        await queues.send("orders", Draft(str(n)))
    got = await asyncio.gather(*waiting)
    assert sorted(item.draft.body for (item,) in got) == ["0", "1", "2"]


async def test_a_cancelled_receiver_leaves_the_message_to_the_next(
    queues: Queues, clock: VirtualClock
) -> None:
    first = asyncio.create_task(queues.receive("orders", wait=20))
    second = asyncio.create_task(queues.receive("orders", wait=20))
    await asyncio.sleep(0)
    sending = asyncio.create_task(queues.send("orders", Draft("m")))
    await asyncio.sleep(0)
    first.cancel()
    assert [item.draft.body for item in await asyncio.wait_for(second, 1)] == ["m"]
    await sending
    assert first.cancelled()


async def test_groups_take_turns(queues: Queues) -> None:
    for n in range(4):
        await queues.send("orders", Draft(f"noisy {n}", group="noisy"))
    await queues.send("orders", Draft("quiet", group="quiet"))
    assert await bodies(queues, limit=3) == ["noisy 0", "quiet", "noisy 1"]


async def test_a_batch_with_a_bad_message_sends_nothing(queues: Queues) -> None:
    with pytest.raises(SqsError, match="MissingParameter"):
        await queues.send_batch("orders", [Draft("good"), Draft("")])
    assert queues.depth("orders") == (0, 0, 0)


@pytest.mark.parametrize(
    "specs",
    [
        [QueueSpec("q.fifo")],
        [QueueSpec("q", max_receives=3)],
        [QueueSpec("q", dead_letter="absent", max_receives=3)],
    ],
)
def test_specs_that_cannot_work_are_refused(specs: list[QueueSpec]) -> None:
    with pytest.raises(ValueError, match="q"):
        Queues(specs, file=None, clock=WallClock())


async def test_a_receive_does_not_slow_down_with_depth(tmp_path: Path) -> None:
    async def cost_at(depth: int) -> float:
        queues = Queues([QueueSpec("q")], file=tmp_path / f"{depth}.sqlite", clock=WallClock())
        for _ in range(depth // 1000 or 1):
            await queues.send_batch("q", [Draft("m", group="g")] * min(depth, 1000))
        took = []
        for _ in range(200):
            began = time.perf_counter()
            (got,) = await queues.receive("q")
            await queues.delete("q", got.receipt)
            took.append(time.perf_counter() - began)
            await queues.send("q", Draft("m", group="g"))
        queues.close()
        return statistics.median(took)

    shallow, deep = await cost_at(10), await cost_at(20_000)
    assert deep < 4 * shallow
