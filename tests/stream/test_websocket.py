"""Slow and silent clients: what they cost is bounded, and what they get is the latest."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from stream import websocket
from stream.board import Board
from stream.http import Front
from stream.status import Status
from stream.websocket import QuoteSocket
from tests.stream.program import verify
from tests.stream.servers import TOKEN, eventually

PRICE = Decimal("10.00")
UPDATES = 20_000


def quote(symbol: str, sequence: int) -> Quote:
    moment = datetime(2012, 6, 1, 14, tzinfo=UTC)
    return Quote(f"{symbol}-1-{sequence}", symbol, PRICE, PRICE, PRICE, PRICE, PRICE, moment)


@pytest.fixture
def status() -> Status:
    return Status(Board(), Calendar([]), ())


@pytest.fixture
async def url(status: Status) -> AsyncIterator[str]:
    async with serve(
        QuoteSocket(status, verify),
        "127.0.0.1",
        0,
        process_request=Front(status, verify),
        write_limit=16 * 1024,
        compression=None,
        close_timeout=1,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/stream"


async def test_a_client_that_reads_slowly_misses_values_but_ends_with_the_latest(
    status: Status, url: str
):
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(url, additional_headers=bearer, max_queue=1, compression=None) as stream:
        await stream.send('{"action":"subscribe","symbols":["AAPL","MSFT"]}')
        await eventually(lambda: status.board._readers)  # all that is known of who has subscribed
        for sequence in range(UPDATES):
            for symbol in ("AAPL", "MSFT"):
                status.board.put(quote(symbol, sequence))
            if sequence % 10 == 0:
                await asyncio.sleep(0)

        frames = [json.loads(await stream.recv()) for _ in range(2)]
        while not all(_is_last(frames, symbol) for symbol in ("AAPL", "MSFT")):
            frames.append(json.loads(await stream.recv()))

    quotes = [frame for frame in frames if frame["type"] == "quote"]
    assert len(quotes) < UPDATES / 2
    for symbol in ("AAPL", "MSFT"):
        sequences = [frame["sequence"] for frame in quotes if frame["symbol"] == symbol]
        assert sequences == sorted(set(sequences))


def _is_last(frames: list[dict[str, object]], symbol: str) -> bool:
    return any(
        frame.get("symbol") == symbol and frame["sequence"] == UPDATES - 1 for frame in frames
    )


async def test_a_client_that_does_not_authenticate_in_time_is_let_go(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(websocket, "AUTH_WITHIN", 0.1)
    async with connect(url) as stream:
        told = json.loads(await stream.recv())
        with pytest.raises(ConnectionClosed) as closed:
            await stream.recv()

    assert (told["code"], told["message"]) == (
        "unauthenticated",
        "no authentication within 0.1 seconds",
    )
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_client_that_left_is_forgotten(status: Status, url: str):
    async with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as stream:
        await stream.send('{"action":"subscribe","symbols":["AAPL"]}')
        await eventually(lambda: status.board._readers)
        assert status.clients == 1

    await eventually(lambda: not status.board._readers)
    assert status.clients == 0
