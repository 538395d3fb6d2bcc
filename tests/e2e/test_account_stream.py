"""The account stream of a running platform: what a client sees is what the log says.

HUB_STREAM_ORDERS=1000 ./dev test tests/e2e/test_account_stream.py
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random
from typing import Any, Protocol

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.e2e.platforms import Customer, Platform

PATIENCE = 60.0
ORDERS = int(os.environ.get("HUB_STREAM_ORDERS", "60"))
AT_ONCE = 4
# Of many orders too, a client hears in some fifty visits.
LONGEST_VISIT = max(0.4, ORDERS / 500)
Event = dict[str, Any]


def stream(platform: Platform, token: str) -> connect:
    headers = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{platform.websocket_port}", additional_headers=headers)


async def frame(socket: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return told


async def say(socket: ClientConnection, action: str, **fields: object) -> None:
    await socket.send(json.dumps({"action": action, **fields}))


@asynccontextmanager
async def events_of(
    platform: Platform, customer: Customer, last: str = ""
) -> AsyncIterator[AsyncIterator[tuple[str, Event]]]:
    """Names and contents of server-sent events. Leaving hangs up without a word."""
    url = f"http://127.0.0.1:{platform.stream_port}/accounts/{customer.account_id}/stream"
    headers = {"Authorization": f"Bearer {customer.token}"}
    if last:
        headers["Last-Event-ID"] = last
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()

        async def events() -> AsyncIterator[tuple[str, Event]]:
            while block := await answer.content.readuntil(b"\n\n"):
                fields = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
                if "data" in fields:
                    yield fields["event"], json.loads(fields["data"])

        yield events()


async def test_a_purchase_is_told_as_it_happens(platform: Platform):
    customer = await asyncio.to_thread(Customer, platform.api_port, cash="1000.00")
    async with stream(platform, customer.token) as socket:
        await say(socket, "subscribe", account_id=customer.account_id)
        confirmed = await frame(socket)
        assert confirmed["type"] == "subscribed"
        order = await asyncio.to_thread(customer.order)
        seen: list[Event] = []
        while not seen or seen[-1]["type"] != "OrderExecuted":
            seen += (await frame(socket))["events"]
    assert {event["order_id"] for event in seen} == {order.body["order_id"]}
    assert [event["sequence"] for event in seen] == [
        confirmed["sequence"] + place for place in range(1, len(seen) + 1)
    ]
    assert seen[-1]["detail"]["quantity"] == "1"


async def test_a_purchase_is_told_by_server_sent_events_too(platform: Platform):
    customer = await asyncio.to_thread(Customer, platform.api_port, cash="1000.00")
    seen: list[Event] = []
    async with asyncio.timeout(PATIENCE), events_of(platform, customer) as events:
        name, confirmed = await anext(events)
        await asyncio.to_thread(customer.order)
        while not seen or seen[-1]["type"] != "OrderExecuted":
            seen.append((await anext(events))[1])
    log = await asyncio.to_thread(_whole_log, customer)
    assert name == "subscribed"
    assert seen == log[confirmed["sequence"] :]


async def test_without_a_token_nobody_connects(platform: Platform):
    with pytest.raises(InvalidStatus) as refused:
        async with stream(platform, "no.such.token"):
            pass
    assert refused.value.response.status_code == 401


async def test_a_browser_shows_its_token_among_the_subprotocols(platform: Platform):
    customer = await asyncio.to_thread(Customer, platform.api_port)
    offered = [Subprotocol("hub.v1"), Subprotocol(f"hub.bearer.{customer.token}")]
    url = f"ws://127.0.0.1:{platform.websocket_port}"
    async with connect(url, subprotocols=offered) as socket:
        assert socket.subprotocol == "hub.v1"
        await say(socket, "ping")
        assert await frame(socket) == {"type": "pong"}


class Listen(Protocol):
    async def __call__(
        self, platform: Platform, customer: Customer, seen: list[Event], seconds: float
    ) -> None:
        """Go on where the client was, take what comes for a while, hang up without a word."""
        ...


async def by_websocket(
    platform: Platform, customer: Customer, seen: list[Event], seconds: float
) -> None:
    try:
        socket = await stream(platform, customer.token)
    except InvalidStatus as refused:
        if refused.response.status_code != 429:
            raise
        # Of its twenty connections too many are not yet known to be gone.
        return
    async with socket:
        await say(socket, "resume", account_id=customer.account_id, after=_last(seen))
        try:
            async with asyncio.timeout(seconds):
                async for text in socket:
                    for event in json.loads(text).get("events", ()):
                        # At least once: what is known already is skipped by its number.
                        if event["sequence"] > _last(seen):
                            seen.append(event)
        except (TimeoutError, ConnectionClosed):
            socket.transport.abort()


async def by_server_sent_events(
    platform: Platform, customer: Customer, seen: list[Event], seconds: float
) -> None:
    async with events_of(platform, customer, str(_last(seen))) as events:
        try:
            async with asyncio.timeout(seconds):
                async for name, event in events:
                    if name == "event":
                        seen.append(event)
        except TimeoutError:
            pass


@pytest.mark.timeout(120 + ORDERS)
async def test_clients_that_leave_at_random_see_in_the_end_what_the_log_says(platform: Platform):
    customer = await asyncio.to_thread(Customer, platform.api_port, cash="100000000.00")
    roads: dict[str, Listen] = {"websocket": by_websocket, "sse": by_server_sent_events}
    trading = asyncio.create_task(_trade(customer))
    seen = dict(
        zip(
            roads,
            await asyncio.gather(
                *(_come_and_go(platform, customer, listen, trading) for listen in roads.values())
            ),
            strict=True,
        )
    )
    log = await asyncio.to_thread(_whole_log, customer)
    assert sum(event["type"] == "OrderExecuted" for event in log) == ORDERS
    for name, told in seen.items():
        assert all(later["sequence"] == before["sequence"] + 1 for before, later in pairwise(told))
        assert told == log, name


async def _come_and_go(
    platform: Platform, customer: Customer, listen: Listen, trading: "asyncio.Task[None]"
) -> list[Event]:
    chance, seen = Random(5), list[Event]()
    while not trading.done():
        await listen(platform, customer, seen, chance.uniform(0.0, LONGEST_VISIT))
        await asyncio.sleep(chance.uniform(0.0, 0.2))
    await trading
    log = await asyncio.to_thread(_whole_log, customer)
    async with asyncio.timeout(PATIENCE):
        while len(seen) < len(log):
            await listen(platform, customer, seen, 0.5)
    return seen


async def _trade(customer: Customer) -> None:
    some = asyncio.Semaphore(AT_ONCE)

    async def trade(number: int) -> None:
        async with some:
            if number % 200 == 0:
                # A token lasts ten minutes.
                await asyncio.to_thread(customer.log_in)
            order = await asyncio.to_thread(customer.order)
            await asyncio.to_thread(customer.ended, order.body["order_id"], PATIENCE)

    await asyncio.gather(*(trade(number) for number in range(1, ORDERS + 1)))


def _last(seen: list[Event]) -> int:
    return int(seen[-1]["sequence"]) if seen else 0


def _whole_log(customer: Customer) -> list[Event]:
    path, events = f"/accounts/{customer.account_id}/events", list[Event]()
    while True:
        page = customer.get(f"{path}?after={_last(events)}&limit=500").body
        events += page["events"]
        if len(events) == page["head"]:
            return events
