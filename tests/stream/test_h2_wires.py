"""The own server on real sockets: who reads nothing, who says nothing, how it ends."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import grpc.aio
import pytest
from hpack import Encoder

from stream.gen import market_data_pb2 as messages
from stream.h2 import limits, server, wires
from tests.stream.grpc_house import GrpcHouse, grpc_house
from tests.stream.h2_peer import (
    DATA,
    END_HEADERS,
    GOAWAY,
    HEAD,
    HEADERS,
    PREFACE,
    SETTINGS,
    WINDOW,
    envelope,
    frame,
    frames,
    number,
    setting,
)
from tests.stream.house import quote
from tests.stream.servers import eventually

GREETING = PREFACE + frame(SETTINGS, payload=setting(4, 2**30)) + frame(WINDOW, 0, 0, number(2**30))


@pytest.fixture
async def house() -> AsyncIterator[GrpcHouse]:
    async with grpc_house("own") as house:
        yield house


@contextmanager
def client(house: GrpcHouse, *, room: int = 0) -> Iterator[socket.socket]:
    """Connected and quiet."""
    with socket.socket() as wire:
        if room:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        wire.connect(("127.0.0.1", house.calls.port))
        wire.setblocking(False)
        yield wire


def asked(*symbols: str) -> bytes:
    """A stream of quotes, as its client asks for it."""
    fields = [
        (name, "/hub.market.v1.MarketData/StreamMarketData" if name == ":path" else value)
        for name, value in HEAD
    ]
    topics = messages.Topics(symbols=symbols)
    request = messages.StreamMarketDataRequest(topics=topics).SerializeToString()
    return frame(HEADERS, END_HEADERS, 1, Encoder().encode(fields)) + frame(
        DATA, 1, 1, envelope(request)
    )


async def received(wire: socket.socket, enough: Any) -> bytes:
    """All that came until `enough` of it says so, or the server hung up."""
    loop, data = asyncio.get_running_loop(), b""
    async with asyncio.timeout(10):
        while not enough(data):
            more = await loop.sock_recv(wire, 65_536)
            if not more:
                break
            data += more
    return data


def events(data: bytes) -> list[Any]:
    """What the stream told; what is not yet whole is left out."""
    found: list[Any] = []
    rest = b"".join(each.payload for each in frames(data) if each.kind == DATA)
    while len(rest) >= 5 and len(rest) >= 5 + (size := int.from_bytes(rest[1:5], "big")):
        found += messages.StreamMarketDataResponse.FromString(rest[5 : 5 + size]).events
        rest = rest[5 + size :]
    return found


async def test_who_reads_nothing_holds_up_nobody_and_finds_the_latest(house: GrpcHouse):
    with client(house, room=4_096) as slow:
        slow.send(GREETING + asked("AAPL"))
        await eventually(lambda: house.board.topics)
        call = house.stream(symbols=["AAPL"])
        count = 0
        while not house.counts.conflated:
            count += 1
            house.tell(quote(bid=f"{count}.00"))
            if count % 50 == 0:
                await call.read()
        last = f"{count}.00"
        data = await received(
            slow, lambda data: any(each.quote.bid == last for each in events(data)[-1:])
        )
        call.cancel()
    found = events(data)

    assert sum(1 + each.skipped for each in found) == count
    assert len(found) < count


async def test_who_takes_nothing_for_long_is_let_go(
    house: GrpcHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wires, "_STUCK_SECONDS", 0.2)
    with client(house, room=4_096) as slow:
        slow.send(GREETING + asked("AAPL"))
        await eventually(lambda: house.board.topics)
        while not house.counts.conflated:
            house.tell(*(quote() for _ in range(100)))
            await asyncio.sleep(0)
        await eventually(lambda: not house.house.streams)


async def test_who_says_nothing_is_let_go(house: GrpcHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "HEAD_WITHIN", 0.2)
    with client(house) as quiet:
        quiet.send(PREFACE[:5])
        data = await received(quiet, lambda _: False)

    assert GOAWAY in {each.kind for each in frames(data)}


async def test_who_goes_without_a_word_leaves_nothing_behind(house: GrpcHouse):
    with client(house) as wire:
        wire.send(GREETING + asked("AAPL"))
        await eventually(lambda: house.house.streams)
    house.tell(quote())
    await eventually(lambda: not house.house.streams)

    assert house.board.topics == 0


async def test_what_is_not_for_this_port_is_told_goodbye(house: GrpcHouse):
    with client(house) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
        data = await received(wire, lambda _: False)

    assert [each.kind for each in frames(data)] == [SETTINGS, GOAWAY]


async def test_no_more_descriptors_is_waited_out(
    house: GrpcHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(wires, "_ACCEPT_AGAIN_AFTER", 0.05)
    prepare, failures = wires._prepare, [OSError(errno.EMFILE, "scarce")]

    def scarce(taken: socket.socket) -> None:
        if failures:
            taken.close()
            raise failures.pop()
        prepare(taken)

    monkeypatch.setattr(wires, "_prepare", scarce)
    with client(house), client(house) as second:
        second.send(GREETING)
        data = await received(second, lambda data: len(data) > 9)

    assert next(frames(data)).kind == SETTINGS
    assert "accepting waits" in caplog.text


async def test_a_call_on_the_way_ends_by_itself_when_the_server_ends(house: GrpcHouse):
    call = house.stream(symbols=["AAPL"])
    await eventually(lambda: house.house.streams)
    stopping = asyncio.ensure_future(house.calls.stop(grace=5))
    await asyncio.sleep(0)
    house.tell(quote())
    told = await call.read()
    began = monotonic()
    call.cancel()
    await stopping

    assert told.events[0].quote.symbol == "AAPL"
    assert monotonic() - began < 4


async def test_who_stays_to_the_end_is_told_that_it_is_the_end(
    house: GrpcHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server, "_LAST_SECONDS", 2.0)
    call = house.stream(symbols=["AAPL"])
    await eventually(lambda: house.house.streams)
    await house.calls.stop(grace=0)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call.read()

    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    assert house.house.streams == {}
