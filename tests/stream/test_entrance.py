"""The port: how many it takes in, and for how long it waits to hear what they want."""

import asyncio
import errno
import resource
import socket
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from stream import entrance
from stream.counts import Counts
from stream.door import Door, Request
from stream.entrance import Entrance
from stream.seats import Seats, most_connections
from tests.stream.servers import eventually

ASKED = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class Small(NamedTuple):
    """An entrance for two, which says hello to who asks."""

    entrance: Entrance
    counts: Counts
    port: int


@pytest.fixture
async def small() -> AsyncIterator[Small]:
    def hello(_request: Request, door: Door) -> None:
        door.write(b"hello")

    counts = Counts()
    way_in = Entrance(hello, counts, Seats(most=2))
    yield Small(way_in, counts, way_in.open("127.0.0.1", 0))
    way_in.stop_accepting()
    for door in list(way_in.doors):
        door.abort()
    await asyncio.sleep(0)


async def said(port: int, words: bytes = ASKED) -> tuple[bytes, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    async with asyncio.timeout(10):
        return await reader.read(5), writer


async def test_who_comes_when_it_is_full_is_let_go_and_others_stay(small: Small):
    first, second = await said(small.port), await said(small.port)
    third = await said(small.port, b"")
    first[1].close()
    await eventually(lambda: len(small.entrance.doors) == 1)
    fourth = await said(small.port)

    assert [answer for answer, _ in (first, second, third, fourth)] == [
        b"hello",
        b"hello",
        b"",
        b"hello",
    ]
    assert small.counts.refused["too_many_connections"] == 1
    for _, writer in (second, third, fourth):
        writer.close()


async def test_who_does_not_say_what_he_wants_is_let_go(small: Small):
    silent = asyncio.create_task(said(small.port, b"GET / HT"))
    await eventually(lambda: small.entrance.doors)
    small.entrance.tick(asyncio.get_running_loop().time() + 5)
    still_there = len(small.entrance.doors)
    small.entrance.tick(asyncio.get_running_loop().time() + 3_600)
    answer, writer = await silent

    assert (still_there, answer) == (1, b"")
    assert not small.entrance.doors
    writer.close()


async def test_without_files_it_takes_nobody_in_for_a_moment_and_then_goes_on(
    small: Small, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(entrance, "_RETRY_AFTER", 0.05)
    accept, refusals = socket.socket.accept, [0]

    def out_of_files(listener: socket.socket) -> object:
        if refusals[0] < 3:
            refusals[0] += 1
            raise OSError(errno.EMFILE, "too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", out_of_files)
    answer, writer = await said(small.port)

    assert (answer, refusals) == (b"hello", [3])
    writer.close()


def test_it_takes_no_more_than_there_may_be_files():
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert files // 2 <= most_connections() < files


def test_an_address_has_so_many_seats_and_others_still_get_theirs():
    seats = Seats(most=4, of_one=2)
    taken = [seats.take("192.0.2.1"), seats.take("::ffff:192.0.2.1")]
    assert taken == [None, None]
    assert seats.take("192.0.2.1") == "too_many_of_one_address"
    assert [seats.take("2001:db8::1"), seats.take("2001:db8::ffff:1")] == [None, None]
    assert seats.take("192.0.2.2") == "too_many_connections"
    seats.give_back("2001:db8::1")
    assert seats.take("2001:db8:0:1::1") is None, "another's network"
    seats.give_back("192.0.2.1")
    assert seats.take("192.0.2.1") is None
