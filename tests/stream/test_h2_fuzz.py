"""Whatever a client sends: no error that nobody expected, no more memory than is allowed."""

import gc

from hpack import Encoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from stream.h2 import limits
from tests.stream.h2_peer import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEAD,
    HEADERS,
    PING,
    PREFACE,
    PRIORITY,
    RST,
    SETTINGS,
    WINDOW,
    Peer,
    envelope,
    frame,
    number,
    setting,
)

_QUICKLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_BLOCKS = [
    Encoder().encode([*HEAD[:2], (":path", path), *HEAD[3:], *more])
    for path in ("/test/Echo", "/test/Stream", "/none")
    for more in ([], [("grpc-timeout", "1S"), ("grpc-encoding", "gzip")], [("Bad", "\n")])
]
_streams = some.sampled_from([0, 1, 1, 3, 5, 2, 2**31 - 1])
_flags = some.sampled_from([0, 1, 4, 5, 8, 12, 13, 32, 45, 255])
_payloads = some.one_of(
    some.binary(max_size=40),
    some.sampled_from(_BLOCKS),
    some.sampled_from([envelope(b"hello"), envelope(b"fail"), envelope(b"x" * 9, 1), bytes(8)]),
    some.integers(0, 2**32 - 1).map(number),
    some.builds(setting, some.integers(0, 9), some.integers(0, 2**32 - 1)),
)
_kinds = some.sampled_from(
    [DATA, HEADERS, PRIORITY, RST, SETTINGS, 5, PING, GOAWAY, WINDOW, CONTINUATION, 77]
)
_frames = some.builds(frame, _kinds, _flags, _streams, _payloads)
_calls = some.builds(
    lambda stream, block, ends: frame(HEADERS, END_HEADERS | ends, stream, block),
    some.sampled_from([1, 3, 5, 7]),
    some.sampled_from(_BLOCKS),
    some.sampled_from([0, END_STREAM]),
)


def bounded(peer: Peer) -> None:
    """What is kept for one connection, and that nothing is left behind once it is over."""
    server = peer.server
    assert 0 <= server.held <= limits.MAX_HELD_BYTES
    assert 0 <= server.gathered <= limits.MAX_GATHERED_BYTES
    assert server.calls <= limits.MAX_STREAMS
    peer.written()
    server.lost()
    assert (server.held, server.gathered) == (0, 0)
    assert peer.timers == []
    assert all(source.left for source in peer.sources)


@_QUICKLY
@given(some.lists(some.one_of(_frames, _calls), max_size=30), some.booleans())
def test_any_frames(talk: list[bytes], full: bool):
    peer = Peer()
    for each in talk:
        peer.server.full = full
        peer.say(each)
        for source in peer.sources:
            source.call.write(bytes(30_000))
    bounded(peer)


@_QUICKLY
@given(some.binary(max_size=300), some.booleans())
def test_any_bytes(data: bytes, greets: bool):
    peer = Peer(greets=greets)
    peer.say(data)
    bounded(peer)


@_QUICKLY
@given(some.lists(some.one_of(some.binary(max_size=60), some.sampled_from(_BLOCKS)), max_size=5))
def test_any_headers(blocks: list[bytes]):
    peer = Peer()
    for index, block in enumerate(blocks):
        peer.say(frame(HEADERS, END_HEADERS | END_STREAM, 2 * index + 1, block))
    bounded(peer)


@_QUICKLY
@given(some.data())
def test_a_good_conversation_with_any_bytes_changed(data: some.DataObject):
    block = _BLOCKS[0]
    talk = bytearray(
        PREFACE
        + frame(SETTINGS, payload=setting(4, 100))
        + frame(HEADERS, END_HEADERS, 1, block)
        + frame(DATA, END_STREAM, 1, envelope(b"hello"))
        + frame(HEADERS, END_HEADERS, 3, _BLOCKS[3])
        + frame(DATA, 0, 3, envelope(b"hello"))
        + frame(WINDOW, 0, 3, number(1_000))
        + frame(PING, payload=bytes(8))
        + frame(RST, 0, 3, number(8))
    )
    for _ in range(data.draw(some.integers(1, 4))):
        at = data.draw(some.integers(0, len(talk) - 1))
        talk[at] = data.draw(some.integers(0, 255))
    peer = Peer(greets=False)
    cut = data.draw(some.integers(0, len(talk)))
    peer.say(bytes(talk[:cut]))
    peer.say(bytes(talk[cut:]))
    bounded(peer)


def test_a_connection_that_was_leaves_nothing():
    peer = Peer()
    for _ in range(100):
        peer.open()
    peer.server.lost()
    del peer.sources[:]
    server = peer.server
    gc.collect()

    assert not [each for each in gc.get_referrers(server) if type(each).__name__ == "Call"]
