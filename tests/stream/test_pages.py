"""The browser's own WebSocket and EventSource, as node has them, against the port."""

import asyncio
import json
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.stream.house import opened, quote
from tests.stream.servers import TOKEN, Valkey

PAGE = Path(__file__).parent / "pages.mjs"
# In node 22 one of them needs no flag, and in node 20 both do.
FLAGS = ("--no-warnings", "--experimental-websocket", "--experimental-eventsource")


def node_has_them() -> bool:
    if which("node") is None:
        return False
    asked = "process.exit(globalThis.WebSocket && globalThis.EventSource ? 0 : 1)"
    answer = subprocess.run(["node", *FLAGS, "-e", asked], check=False, capture_output=True)
    return answer.returncode == 0


@pytest.mark.skipif(not node_has_them(), reason="a node of 20.18 or newer is not installed")
async def test_a_page_hears_quotes_by_both(valkey: Valkey):
    async with opened(redis_url=valkey.url) as house:
        house.tell(quote())
        ticket = await house.house.guests.ticket(TOKEN)
        words = (str(PAGE), str(house.port), TOKEN, ticket)
        page = await asyncio.create_subprocess_exec(
            "node", *FLAGS, *words, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            told, _ = await page.communicate()

    found = json.loads(told)
    assert found["socket"] == {
        "heard": ["authenticated", "subscriptions", "quote"],
        "code": 1000,
        "wasClean": True,
        "protocol": "hub.v1",
    }
    assert found["events"] == {"heard": "quote", "lastEventId": "1-1"}
