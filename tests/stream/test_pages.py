"""The browser's WebSocket and EventSource, as node has them, and the WebSocket of `ws`."""

import asyncio
import json

import pytest

from tests.stream.house import opened, quote
from tests.stream.npm import CLIENTS, installed
from tests.stream.servers import TOKEN, Valkey

pytestmark = pytest.mark.index

SOCKET = {
    "heard": ["authenticated", "subscriptions", "quote"],
    "code": 1000,
    "wasClean": True,
    "protocol": "hub.v1",
}
EVENTS = {"heard": "quote", "lastEventId": "1-1"}


async def test_a_page_hears_quotes_by_both(valkey: Valkey):
    packages = installed()
    async with opened(redis_url=valkey.url) as house:
        house.tell(quote())
        ticket = await house.house.guests.ticket(TOKEN)
        words = (str(CLIENTS / "pages.mjs"), str(house.port), TOKEN, ticket)
        page = await asyncio.create_subprocess_exec(
            "node", *words, env=packages, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            told, _ = await page.communicate()

    assert json.loads(told) == {"sockets": [SOCKET, SOCKET], "events": EVENTS}
