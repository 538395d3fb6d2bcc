"""A client of server-sent events."""

import asyncio
import json
from typing import Any, Self

from tests.stream.house import BEARER, OpenHouse


class Source:
    """An EventSource, as its standard says."""

    def __init__(
        self, house: OpenHouse, query: str, path: str = "/stream/events", **headers: str
    ) -> None:
        lines = [f"{name}: {value}" for name, value in (BEARER | headers).items()]
        self._request = "\r\n".join([f"GET {path}?{query} HTTP/1.1", "Host: here", *lines, "", ""])
        self._port = house.port
        self.last_id = ""
        self.name = ""
        self.retry = 0
        self.head = b""

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(self._request.encode())
        self.head = await self._reader.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def event(self) -> dict[str, Any] | None:
        """None: a comment, a new time to wait, or the end."""
        block = await self.block()
        fields = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
        self.last_id = fields.get("id", self.last_id)
        self.retry = int(fields.get("retry", self.retry))
        if "data" not in fields:
            return None
        self.name = fields["event"]
        message: dict[str, Any] = json.loads(fields["data"])
        return message

    async def messages(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            if message := await self.event():
                found.append(message)
        return found

    async def block(self) -> bytes:
        """Whatever comes next, as it comes."""
        async with asyncio.timeout(5):
            return await self._reader.readuntil(b"\n\n")

    async def answer(self) -> dict[str, Any]:
        """The body where it was refused."""
        body: dict[str, Any] = json.loads(await self._reader.read())
        return body

    async def ended(self) -> bool:
        async with asyncio.timeout(5):
            return await self._reader.read() == b""
