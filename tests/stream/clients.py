"""Clients of the stream task, as its tests need them."""

import asyncio
import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.stream.servers import TOKEN, StreamTask

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def open_stream(task: StreamTask, *symbols: str) -> ClientConnection:
    """Connected, authenticated, and subscribed to `symbols`."""
    stream = await connect(f"ws://{task.url}/stream", additional_headers=BEARER)
    assert await receive(stream) == {"type": "authenticated"}
    if symbols:
        await say(stream, action="subscribe", symbols=list(symbols))
        assert (await receive(stream))["type"] == "subscriptions"
    return stream


async def say(stream: ClientConnection, **message: Any) -> None:
    await stream.send(json.dumps(message))


async def receive(stream: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return dict(json.loads(await stream.recv()))


async def get(task: StreamTask, path: str) -> tuple[int, str]:
    return await _get(task, path, {})


async def get_known(task: StreamTask, path: str) -> tuple[int, str]:
    """With a token."""
    return await _get(task, path, BEARER)


async def _get(task: StreamTask, path: str, headers: dict[str, str]) -> tuple[int, str]:
    request = urllib.request.Request(f"http://{task.url}{path}", headers=headers)

    def fetch() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(fetch)


async def ready(task: StreamTask) -> dict[str, Any] | None:
    status, text = await get(task, "/health/ready")
    return json.loads(text) if status == 200 else None


async def market_time(task: StreamTask) -> datetime:
    _, text = await get(task, "/health/ready")
    return datetime.fromisoformat(json.loads(text)["market"]["time"])


async def not_ready(task: StreamTask) -> tuple[int, str] | None:
    status, text = await get(task, "/health/ready")
    return (status, text) if status == 503 else None
