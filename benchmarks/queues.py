"""What the local queues cost: a receive at each depth, from send to invocation, messages a second.

Times in milliseconds.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Report, flattened
from local.clock import WallClock
from local.event_sources import EventSource
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues

BODY = json.dumps(
    {"order_id": "0" * 36, "account_id": "0" * 36, "symbol": "AAPL", "quantity": "10"}
)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50": round(cuts[49] * 1000, 4), "p99": round(cuts[98] * 1000, 4)}


async def receive_at(depth: int, directory: Path) -> dict[str, float]:
    queues = Queues([QueueSpec("q")], file=directory / f"depth-{depth}.sqlite", clock=WallClock())
    for at in range(0, depth, 1000):
        drafts = [Draft(BODY, group=f"a{n}") for n in range(at, min(at + 1000, depth))]
        await queues.send_batch("q", drafts)
    took = []
    for _ in range(1000):
        began = time.perf_counter()
        received = await queues.receive("q", limit=10)
        took.append(time.perf_counter() - began)
        await queues.delete_batch("q", [item.receipt for item in received])
        await queues.send_batch("q", [item.draft for item in received])
    queues.close()
    return percentiles(took)


async def idle_latency(directory: Path) -> dict[str, float]:
    queues = Queues([QueueSpec("q")], file=directory / "idle.sqlite", clock=WallClock())
    took: list[float] = []

    async def invoke(event: dict[str, Any]) -> None:
        took.append(time.perf_counter() - float(event["Records"][0]["body"]))

    source = EventSource(queues, "q", invoke)
    running = asyncio.create_task(source.run())
    for _ in range(500):
        await asyncio.sleep(0.004)
        await queues.send("q", Draft(str(time.perf_counter())))
    await asyncio.sleep(0.1)
    await source.stop()
    await running
    queues.close()
    return percentiles(took)


async def throughput(directory: Path, count: int = 30_000, senders: int = 16) -> dict[str, float]:
    queues = Queues([QueueSpec("q")], file=directory / "rate.sqlite", clock=WallClock())
    seen, done = 0, asyncio.Event()

    async def invoke(event: dict[str, Any]) -> None:
        nonlocal seen
        seen += len(event["Records"])
        if seen == count:
            done.set()

    async def send(share: int) -> None:
        for n in range(share):
            await queues.send("q", Draft(BODY, group=str(n % 100)))

    source = EventSource(queues, "q", invoke, report_failures=True)
    began = time.perf_counter()
    running = asyncio.create_task(source.run())
    await asyncio.gather(*(send(count // senders) for _ in range(senders)))
    sent = time.perf_counter() - began
    await done.wait()
    took = time.perf_counter() - began
    await source.stop()
    await running
    queues.close()
    return {"sends_per_s": round(count / sent), "messages_per_s": round(count / took)}


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        depths = {str(depth): await receive_at(depth, directory) for depth in (10, 1000, 100_000)}
        return {
            "receive_of_10_at_depth_ms": depths,
            "send_to_invoke_idle_ms": await idle_latency(directory),
            "send_invoke_delete": await throughput(directory),
        }


def measure(_words: Sequence[str]) -> Report:
    return Report(list(flattened(asyncio.run(_measure()))))
