"""The stream's benchmark: its load sees what is wrong, and a small run finds nothing wrong."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

import pytest

from benchmarks import stream
from benchmarks.report import Figure, Report, record
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import Crowd, Plan, Server, Speech, lane, raw, raw_speech
from benchmarks.stream_rounds import SATURATED, Targets, beside, contest

native = pytest.mark.skipif(which("gcc") is None, reason="the load is in C: apt install gcc")


def told(sequence: int, **more: object) -> bytes:
    """An update in a frame, as a server of streams tells it."""
    head = {"type": "quote", "sequence": sequence, "cursor": "1-1", "id": "7", "symbol": "S000"}
    text = json.dumps({**head, **more}, separators=(",", ":")).encode()
    return bytes((0x81, len(text))) + text


@contextmanager
def telling(data: bytes) -> Iterator[Server]:
    """A server of one client, which tells the same whatever is published."""
    listener, feed = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))

    def serve() -> None:
        with feed.accept()[0] as publisher, listener.accept()[0] as client:
            client.recv(65_536)
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            publisher.recv(65_536)
            client.sendall(data)
            publisher.recv(65_536)
            client.recv(65_536)  # until the load has gone

    with listener, feed:
        thread = threading.Thread(target=serve)
        thread.start()
        yield Server("fake", os.getpid(), listener.getsockname()[1], feed.getsockname()[1])
        thread.join()


@native
@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (told(1) + told(2) + told(3), {"arrived": 3}),
        (told(1) + told(3), {"arrived": 2, "lost": 1}),
        (told(1) + told(3, skipped=1), {"arrived": 2, "skipped": 1}),
        (told(1) + told(2) + told(2), {"arrived": 3, "reordered": 1}),
        (told(2) + told(1) + told(2), {"arrived": 3, "reordered": 1}),
        (told(5, snapshot=True) + told(6) + told(7) + told(8), {"arrived": 3}),
        (told(1) + b"\x81\x02{}" + told(2) + told(3), {"arrived": 3, "malformed": 1}),
        (told(1) + b"\xc1\x02{}", {"arrived": 1, "malformed": 1, "lost": 2}),
    ],
)
def test_the_load_sees_what_is_lost_reordered_or_malformed(data, seen):
    nothing = {"lost": 0, "reordered": 0, "malformed": 0, "skipped": 0}
    crowd = Crowd(1, symbols=1, each=1)
    with telling(data) as server, lane(server, Speech("ws", "GET / HTTP/1.1"), crowd) as each:
        each.connect()
        found = each.step(deliveries=30, seconds=0.1)

    assert {name: found.seen[name] for name in {**nothing, **seen}} == {**nothing, **seen}


@native
def test_a_small_contest_loses_nothing_and_compares_with_the_bound():
    keys = Keys()
    contestants = [(raw("ws"), raw_speech("ws")), (hub(keys), websocket(keys.tokens(40)))]
    plan = Plan(clients=40, rounds=1, seconds=0.3, soak_minutes=0, boost=False)
    report, found = contest(contestants, [1_000], Targets({"1k/s": 100.0}), plan)
    figures = {figure.name: figure.value for figure in report.figures}

    assert figures["lost, reordered or malformed"] == 0
    assert figures["hub: not connected"] == 0
    for name in ("hub", "raw"):
        seen = found[name, "1k/s"][0].seen
        assert seen["expected"] == seen["arrived"] > 0
    assert beside(found, SATURATED, "raw") is not None
    assert beside(found, SATURATED, "nchan") is None


def test_parts_are_told_apart_and_their_ratios_stand_at_the_first_level():
    report = stream.joined(
        {
            "ws": Report([Figure("p99", 2.0)], ["a note"], ratios={"ratio_to_raw": 0.9}),
            "sse": Report([Figure("p99", 3.0)], ["a note"], ratios={"sse_ratio": 2.0}),
        }
    )
    told = record("stream", report)

    assert [figure.name for figure in report.figures] == ["ws: p99", "sse: p99"]
    assert report.notes == ["a note"]
    assert (told["ratio_to_raw"], told["sse_ratio"]) == (0.9, 2.0)
