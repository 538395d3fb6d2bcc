"""The benchmark of gRPC: its load sees what is wrong, and a small run finds nothing wrong."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

import pytest

from benchmarks import stream_grpc
from benchmarks.stream_grpc import contest, lane
from benchmarks.stream_hub import Keys
from benchmarks.stream_lanes import Plan, Server
from stream.gen import market_data_pb2 as messages
from tests.stream.h2_peer import DATA, SETTINGS, envelope, frame

native = pytest.mark.skipif(which("gcc") is None, reason="the load is in C: apt install gcc")
PLAN = Plan(clients=40, rounds=1, seconds=0.1, soak_minutes=0, boost=False)
STANDING = messages.Event(sequence=1, snapshot=True, quote=messages.Quote(id="1", symbol="S000"))


def told(*sequences: int, skipped: int = 0) -> bytes:
    """Updates in a message of their own, as a server of streams tells them."""
    events = [
        messages.Event(sequence=each, skipped=skipped, quote=messages.Quote(id="7", symbol="S000"))
        for each in sequences
    ]
    return sent(*events)


def sent(*events: messages.Event) -> bytes:
    message = messages.StreamMarketDataResponse(events=events).SerializeToString()
    return frame(DATA, 0, 1, envelope(message))


@contextmanager
def telling(data: bytes) -> Iterator[Server]:
    """A server of one stream, which tells the same whatever is published."""
    listener, feed = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))

    def serve() -> None:
        with feed.accept()[0] as publisher:
            publisher.recv(65_536)
            with listener.accept()[0] as client:
                client.sendall(frame(SETTINGS) + sent(STANDING))
                publisher.recv(65_536)
                client.sendall(data)
                while client.recv(65_536):
                    """Until the load has gone."""

    with listener, feed:
        thread = threading.Thread(target=serve)
        thread.start()
        yield Server("fake", os.getpid(), listener.getsockname()[1], feed.getsockname()[1])
        thread.join()


BROKEN = envelope(b"\x0a\x01\x08")
TOLD: dict[str, tuple[bytes, dict[str, int]]] = {
    "each by itself": (told(2) + told(3) + told(4), {"arrived": 3}),
    "all in one": (told(2, 3, 4), {"arrived": 3}),
    "beside a heartbeat": (
        sent(messages.Event(heartbeat=messages.Heartbeat())) + told(2, 3, 4),
        {"arrived": 3},
    ),
    "but one": (told(2) + told(4), {"arrived": 2, "lost": 1}),
    "one for two": (told(2) + told(4, skipped=1), {"arrived": 2, "skipped": 1}),
    "one twice": (told(2) + told(3) + told(3), {"arrived": 3, "reordered": 1}),
    "with something broken": (told(2, 3, 4) + frame(DATA, 0, 1, BROKEN), {"malformed": 2}),
}


@native
@pytest.mark.parametrize("case", TOLD)
def test_the_load_sees_what_is_lost_reordered_or_malformed(
    case: str, monkeypatch: pytest.MonkeyPatch
):
    data, seen = TOLD[case]
    monkeypatch.setattr(stream_grpc, "CROWD", stream_grpc.CROWD._replace(symbols=1, each=1))
    nothing = {"lost": 0, "reordered": 0, "malformed": 0, "skipped": 0}
    with telling(data) as server, lane(server, 1, ["none"], PLAN._replace(clients=1)) as each:
        assert each.connect().seen["failed"] == 0
        found = each.step(deliveries=30, seconds=0.1)

    assert {name: found.seen[name] for name in {**nothing, **seen}} == {**nothing, **seen}


@native
def test_a_small_contest_refuses_none_and_loses_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_grpc, "has_package", lambda _: False)
    keys = Keys()
    report, found = contest("100 connections", 4, keys, PLAN)
    figures = {figure.name: figure.value for figure in report.figures}

    assert figures["100 connections: lost, reordered or malformed"] == 0
    for name in ("hub", "grpcio"):
        assert figures[f"100 connections: {name}: not connected"] == 0
        seen = found[name, "20k/s"][0].seen
        assert seen["expected"] == seen["arrived"] + seen["skipped"] > 0
