"""A browser itself, whose page comes from another origin than the stream. `./dev clients` runs it:
the gate does without a browser."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from local.clients import BROWSERS
from tests.stream.house import opened, quote
from tests.stream.npm import CLIENTS
from tests.stream.servers import TOKEN, Valkey
from tests.stream.test_pages import EVENTS, SOCKET


class Site:
    """Where the page comes from, and what it says that it found."""

    def __init__(self) -> None:
        self.found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.url = ""

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Site"]:
        site = web.Application()
        site.router.add_static("/page", CLIENTS)
        site.router.add_post("/found", self._take)
        runner = web.AppRunner(site)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/page/page.html"
        yield self
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.found.set_result(json.loads(await request.text()))
        return web.Response()


@asynccontextmanager
async def browser(url: str, folder: Path) -> AsyncIterator[None]:
    """One that shows `url` and has nothing else in mind."""
    program = next(filter(None, map(shutil.which, BROWSERS)))
    quiet = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run")
    process = await asyncio.create_subprocess_exec(
        *(program, *quiet, "--disable-dev-shm-usage", f"--user-data-dir={folder}", url),
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield
    with suppress(ProcessLookupError):
        process.terminate()
    await process.wait()


async def test_a_browser_hears_quotes_by_both(valkey: Valkey, tmp_path: Path):
    async with opened(redis_url=valkey.url) as house, Site().served() as site:
        house.tell(quote())
        ticket = await house.house.guests.ticket(TOKEN)
        words = urlencode({"port": house.port, "token": TOKEN, "ticket": ticket})
        async with browser(f"{site.url}?{words}", tmp_path), asyncio.timeout(100):
            found = await site.found

    assert found == {"sockets": [SOCKET], "events": EVENTS}
