"""The account stream of a running platform: what a client sees is what the log says."""

import asyncio
import json
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.e2e.platforms import Customer, Platform

PATIENCE = 60.0
ORDERS = 60
LEAVES = 8


def stream(platform: Platform, token: str) -> connect:
    headers = {"Authorization": f"Bearer {token}"}
    return connect(f"ws://127.0.0.1:{platform.websocket_port}", additional_headers=headers)


async def frame(socket: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return told


async def say(socket: ClientConnection, action: str, **fields: object) -> None:
    await socket.send(json.dumps({"action": action, **fields}))


async def test_a_purchase_is_told_as_it_happens(platform: Platform):
    customer = await asyncio.to_thread(Customer, platform.api_port, cash="1000.00")
    async with stream(platform, customer.token) as socket:
        await say(socket, "subscribe", account_id=customer.account_id)
        confirmed = await frame(socket)
        assert confirmed["type"] == "subscribed"
        order = await asyncio.to_thread(customer.order)
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["type"] != "OrderExecuted":
            seen += (await frame(socket))["events"]
    assert {event["order_id"] for event in seen} == {order.body["order_id"]}
    assert [event["sequence"] for event in seen] == [
        confirmed["sequence"] + place for place in range(1, len(seen) + 1)
    ]
    assert seen[-1]["detail"]["quantity"] == "1"


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


async def test_a_client_that_leaves_at_random_sees_in_the_end_what_the_log_says(
    platform: Platform,
):
    customer = await asyncio.to_thread(Customer, platform.api_port, cash="1000000.00")
    chance, seen = Random(5), list[dict[str, Any]]()
    trading = asyncio.create_task(_trade(customer))
    for _ in range(LEAVES):
        await _listen(platform, customer, seen, chance.uniform(0.0, 0.4))
        await asyncio.sleep(chance.uniform(0.0, 0.2))
    await trading
    log = await asyncio.to_thread(_whole_log, customer)
    while len(seen) < len(log):
        await _listen(platform, customer, seen, 1.0)
    assert all(later["sequence"] == earlier["sequence"] + 1 for earlier, later in pairwise(seen))
    assert seen == log
    assert sum(event["type"] == "OrderExecuted" for event in seen) == ORDERS


async def _trade(customer: Customer) -> None:
    orders = [await asyncio.to_thread(customer.order) for _ in range(ORDERS)]
    for order in orders:
        await asyncio.to_thread(customer.ended, order.body["order_id"])


async def _listen(
    platform: Platform, customer: Customer, seen: list[dict[str, Any]], seconds: float
) -> None:
    """Resume where the client was, take what comes for a while, and hang up without a word."""
    async with stream(platform, customer.token) as socket:
        after = seen[-1]["sequence"] if seen else 0
        await say(socket, "resume", account_id=customer.account_id, after=after)
        try:
            async with asyncio.timeout(seconds):
                async for text in socket:
                    for event in json.loads(text).get("events", ()):
                        # At least once: what is known already is skipped by its number.
                        if event["sequence"] > (seen[-1]["sequence"] if seen else 0):
                            seen.append(event)
        except (TimeoutError, ConnectionClosed):
            socket.transport.abort()


def _whole_log(customer: Customer) -> list[dict[str, Any]]:
    path, events = f"/accounts/{customer.account_id}/events", list[dict[str, Any]]()
    while True:
        after = events[-1]["sequence"] if events else 0
        page = customer.get(f"{path}?after={after}&limit=500").body
        events += page["events"]
        if len(events) == page["head"]:
            return events
