"""A server of Alpaca's live data protocol, on loopback, that misbehaves when it is told to."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from stream.encoding import msgpack
from stream.settings import AlpacaSettings

KEY, SECRET = "PKFAKE", "a-secret-that-no-log-may-show"


class FakeAlpaca:
    """`refuse` answers an authentication or subscription with that error; `limit` is how many
    connections there may be at once; `binary` speaks MessagePack."""

    def __init__(self) -> None:
        self.refuse_auth: int | None = None
        self.refuse_subscription: int | None = None
        self.silent = False
        self.binary = False
        self.limit = 1
        self.attempts = 0
        self.subscribed: list[dict[str, Any]] = []
        self.streams: list[ServerConnection] = []
        self._server: Server | None = None
        self.port = 0

    def settings(self, *symbols: str, key: str = KEY) -> AlpacaSettings:
        return AlpacaSettings(f"ws://127.0.0.1:{self.port}/v2/iex", key, SECRET, symbols)

    async def start(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port, close_timeout=0.2)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def tell(self, *messages: dict[str, Any]) -> None:
        for stream in list(self.streams):
            await self._send(stream, *messages)

    async def raw(self, frame: str | bytes) -> None:
        for stream in list(self.streams):
            await stream.send(frame)

    async def drop(self) -> None:
        """As a broken line does: without a word."""
        for stream in list(self.streams):
            stream.transport.abort()

    async def _serve(self, stream: ServerConnection) -> None:
        self.attempts += 1
        if self.silent:
            await stream.wait_closed()
            return
        await self._send(stream, {"T": "success", "msg": "connected"})
        asked = json.loads(await stream.recv())
        code = self.refuse_auth
        if (asked["key"], asked["secret"]) != (KEY, SECRET):
            code = 402
        elif len(self.streams) >= self.limit:
            code = 406
        if code is not None:
            await self._send(stream, {"T": "error", "code": code, "msg": "no"})
            return
        await self._send(stream, {"T": "success", "msg": "authenticated"})
        asked = json.loads(await stream.recv())
        self.subscribed.append(asked)
        if self.refuse_subscription is not None:
            await self._send(stream, {"T": "error", "code": self.refuse_subscription, "msg": "no"})
            return
        named = {name: asked[name] for name in ("trades", "quotes", "statuses")}
        await self._send(stream, {"T": "subscription", "bars": [], **named})
        self.streams.append(stream)
        try:
            await stream.wait_closed()
        finally:
            self.streams.remove(stream)

    async def _send(self, stream: ServerConnection, *messages: dict[str, Any]) -> None:
        if self.binary:
            await stream.send(packed(list(messages)))
        else:
            await stream.send(json.dumps(messages))


@asynccontextmanager
async def fake_alpaca() -> AsyncIterator[FakeAlpaca]:
    server = FakeAlpaca()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def packed(value: Any) -> bytes:
    """As the source packs: fractions as doubles, times as extensions, which `msgpack` does not."""
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, tuple):  # seconds and nanoseconds of a time
        seconds, nanoseconds = value
        return b"\xd7\xff" + struct.pack(">Q", nanoseconds << 34 | seconds)
    if isinstance(value, dict):
        assert len(value) < 16
        parts = b"".join(packed(key) + packed(each) for key, each in value.items())
        return bytes([0x80 | len(value)]) + parts
    if isinstance(value, list):
        assert len(value) < 16
        return bytes([0x90 | len(value)]) + b"".join(packed(each) for each in value)
    return msgpack(value)


def quote(symbol: str, bid: Any, ask: Any, time: Any, **more: Any) -> dict[str, Any]:
    sizes = {"bs": 3, "as": 5, **more}
    return {"T": "q", "S": symbol, "bx": "U", "bp": bid, "ax": "Q", "ap": ask, "t": time, **sizes}


def trade(symbol: str, price: Any, time: Any, number: int = 1, **more: Any) -> dict[str, Any]:
    its = {"i": number, "x": "D", "s": 100, "c": ["@"], "z": "C", **more}
    return {"T": "t", "S": symbol, "p": price, "t": time, **its}


async def connected(server: FakeAlpaca) -> bool:
    await asyncio.sleep(0)
    return bool(server.streams)
