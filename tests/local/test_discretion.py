"""The platform's log repeats nothing of what a client sends."""

import logging
from collections.abc import AsyncIterator, Iterator
from io import StringIO

import aiohttp
import pytest
from aiohttp import web

from local.discretion import Discretion

SECRET = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"


@pytest.fixture
def log() -> Iterator[StringIO]:
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(Discretion())
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.query:
            raise RuntimeError("a defect of ours")
        socket = web.WebSocketResponse(protocols=("hub.v1",))
        await socket.prepare(request)
        await socket.close()
        return socket

    application = web.Application()
    application.router.add_get("/", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_what_a_client_sends_is_not_repeated(log: StringIO, port: int):
    url = f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, protocols=(f"hub.bearer.{SECRET}",)):
            pass
        header = {"Authorization": f"Bearer {SECRET}{'x' * 10_000}"}
        async with session.get(url, headers=header) as answer:
            assert answer.status == 400

    assert "Error handling request" in log.getvalue()
    assert SECRET[:12] not in log.getvalue()


async def test_a_defect_is_told_whole(log: StringIO, port: int):
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/?defect=1") as answer,
    ):
        assert answer.status == 500

    assert "RuntimeError: a defect of ours" in log.getvalue()
