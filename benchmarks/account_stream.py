"""How soon a subscriber hears of what happened in an account: by WebSocket, and by SSE."""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from benchmarks.load import Customer, Load, customers_at, moment
from benchmarks.own_platform import Platform, own_platform
from benchmarks.report import Figure, Report, percentile

_PATIENCE_SECONDS = 30.0
_NOTES = (
    "From the moment that an event bears, when its transaction was about to be written, until a",
    "client of the same machine has it. The first event of an order is told by WebSocket with its",
    "second, so it is not counted there.",
)


class Heard:
    """By event number: what it was, when it happened and when it was heard, in seconds."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.begun = asyncio.Event()
        self.events: dict[int, tuple[str, float, float]] = {}

    def hear(self, event: dict[str, Any]) -> None:
        """The first time, where it comes twice."""
        now = time.time()
        self.events.setdefault(event["sequence"], (event["type"], moment(event["at"]), now))


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench account_stream")
    add = parser.add_argument
    add("--rate", type=float, default=20, help="orders a second (20)")
    add("--seconds", type=float, default=20, help="for how long (20)")
    given = parser.parse_args(list(words))
    with own_platform() as own:
        figures = asyncio.run(_through(own, given.rate, given.seconds))
    return Report(figures, _NOTES)


async def _through(own: Platform, rate: float, seconds: float) -> list[Figure]:
    async with customers_at(own.url, 1) as load:
        await load.paced(rate, 2)  # what is started on first use is started
        (customer,) = load.customers
        first = await _head(load, customer)
        by_socket, by_events = Heard(first), Heard(first)
        listening = [
            asyncio.ensure_future(_by_socket(load, own, customer, by_socket)),
            asyncio.ensure_future(_by_events(load, own, customer, by_events)),
        ]
        await asyncio.gather(by_socket.begun.wait(), by_events.begun.wait())
        await load.paced(rate, seconds)
        last = await _head(load, customer)
        wanted = set(range(first + 1, last + 1))
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not wanted <= by_socket.events.keys() & by_events.events.keys():  # noqa: ASYNC110  # once, at the very end
                    await asyncio.sleep(0.05)
        for each in listening:
            each.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return [
        *found("WebSocket", by_socket, wanted, without=("OrderSubmitted",)),
        *found("SSE", by_events, wanted),
    ]


def found(road: str, heard: Heard, wanted: set[int], without: Sequence[str] = ()) -> list[Figure]:
    took = [
        1000 * (then - happened)
        for number, (kind, happened, then) in heard.events.items()
        if number in wanted and kind not in without
    ]
    return [
        Figure(f"{road}: events", len(took)),
        Figure(f"{road}: p50", round(percentile(took, 0.5), 1), "ms"),
        Figure(f"{road}: p99", round(percentile(took, 0.99), 1), "ms", most=100),
        Figure(f"{road}: not heard", len(wanted - heard.events.keys()), most=0),
    ]


async def _head(load: Load, customer: Customer) -> int:
    url = f"{load.base}/accounts/{customer.account_id}/events?limit=1"
    async with load.session.get(url, headers=customer.headers, raise_for_status=True) as answer:
        return int((await answer.json())["head"])


async def _by_socket(load: Load, own: Platform, customer: Customer, heard: Heard) -> None:
    url = f"ws://127.0.0.1:{own.ports['websocket']}"
    async with load.session.ws_connect(url, headers=customer.headers) as socket:
        account_id = customer.account_id
        await socket.send_json({"action": "resume", "account_id": account_id, "after": heard.after})
        async for message in socket:
            heard.begun.set()
            for event in json.loads(message.data).get("events", ()):
                heard.hear(event)


async def _by_events(load: Load, own: Platform, customer: Customer, heard: Heard) -> None:
    path = f"/accounts/{customer.account_id}/stream?after={heard.after}"
    url = f"http://127.0.0.1:{own.ports['stream']}{path}"
    for_ever = aiohttp.ClientTimeout(total=None)
    async with load.session.get(url, headers=customer.headers, timeout=for_ever) as answer:
        answer.raise_for_status()
        name = b""
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line.split()[1]
                heard.begun.set()
            elif line.startswith(b"data: ") and name == b"event":
                heard.hear(json.loads(line[6:]))
