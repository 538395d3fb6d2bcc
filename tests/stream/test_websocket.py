"""The WebSocket: who gets in, what is refused, and what slow and silent clients get."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from stream import websocket
from stream.board import Board
from stream.http import listen
from stream.status import Status
from tests.stream.program import verify
from tests.stream.servers import TOKEN, eventually

PRICE = Decimal("10.00")
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UPDATES = 20_000


def quote(symbol: str, sequence: int) -> Quote:
    moment = datetime(2012, 6, 1, 14, tzinfo=UTC)
    return Quote(f"{symbol}-1-{sequence}", symbol, PRICE, PRICE, PRICE, PRICE, PRICE, moment)


@pytest.fixture
def status() -> Status:
    return Status(Board(), Calendar([]), ())


@pytest.fixture
async def url(status: Status) -> AsyncIterator[str]:
    async with await listen("127.0.0.1", 0, status, verify) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/stream"


async def test_a_client_that_reads_slowly_misses_values_but_ends_with_the_latest(
    status: Status, url: str
):
    async with connect(url, additional_headers=BEARER, max_queue=1, compression=None) as stream:
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
    async with connect(url, additional_headers=BEARER) as stream:
        await stream.send('{"action":"subscribe","symbols":["AAPL"]}')
        await eventually(lambda: status.board._readers)
        assert status.clients == 1

    await eventually(lambda: not status.board._readers)
    assert status.clients == 0


@pytest.mark.parametrize(
    "message",
    [
        '{"action":"auth","token":"wrong"}',
        '{"action":"auth","token":7}',
        '{"action":"subscribe","symbols":["*"]}',
        "{",
        "[" * 9999,
        b"binary",
    ],
)
async def test_who_has_no_valid_token_is_told_so_and_let_go(url: str, message: str | bytes):
    async with connect(url) as stream:
        await stream.send(message)
        assert json.loads(await stream.recv())["code"] == "unauthenticated"
        with pytest.raises(ConnectionClosed) as closed:
            await stream.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_wrong_header_does_not_open_a_stream(url: str):
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers={"Authorization": "Bearer no"})

    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    "message",
    [
        {"action": "buy", "symbols": ["AAPL"]},
        {"action": ["subscribe"], "symbols": ["AAPL"]},
        {"action": "subscribe"},
        {"action": "subscribe", "symbols": []},
        {"action": "subscribe", "symbols": ["aapl"]},
        {"action": "subscribe", "symbols": [1]},
        {"action": "subscribe", "symbols": [f"S{number}" for number in range(1025)]},
    ],
)
async def test_a_wrong_request_is_answered_and_the_stream_goes_on(
    url: str, message: dict[str, Any]
):
    async with connect(url, additional_headers=BEARER) as stream:
        await stream.recv()
        await stream.send(json.dumps(message))
        wrong = json.loads(await stream.recv())
        await stream.send('{"action":"subscribe","symbols":["AAPL"]}')
        right = json.loads(await stream.recv())

    assert (wrong["type"], wrong["code"]) == ("error", "invalid_input")
    assert right == {"type": "subscriptions", "symbols": ["AAPL"]}


async def test_a_message_beyond_the_limit_ends_the_stream(url: str):
    async with connect(url, additional_headers=BEARER) as stream:
        await stream.recv()
        await stream.send("x" * 65 * 1024)
        with pytest.raises(ConnectionClosed) as closed:
            await stream.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
