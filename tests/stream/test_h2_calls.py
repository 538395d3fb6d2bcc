"""Calls of gRPC on their streams: windows, deadlines, messages, and how each end is told."""

import gzip
from struct import pack
from typing import Any

import pytest

from hub.domain.kernel import NotFoundError
from stream.h2 import limits
from stream.h2.call import Call
from stream.requests import MAX_MESSAGE_BYTES
from tests.stream.h2_peer import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    RST,
    SETTINGS,
    WINDOW,
    Peer,
    Source,
    envelope,
    frame,
    number,
    setting,
)

FIRST_WINDOW = 65_535


def told(peer: Peer, stream: int) -> bytes:
    """What the server sent on a stream."""
    return b"".join(
        each.payload for each in peer.heard() if (each.kind, each.stream) == (DATA, stream)
    )


def opened() -> tuple[Peer, int, Source]:
    peer = Peer()
    stream, source = peer.open()
    source.call.answer()
    peer.heard()
    return peer, stream, source


# ── Windows ──────────────────────────────────────────────────────────────────────────────────────


def test_a_message_waits_for_the_window_of_its_stream_and_the_next_find_it_blocked():
    peer, stream, source = opened()
    peer.say(frame(SETTINGS, payload=setting(4, 10)))
    source.freed = 0
    source.call.write(b"0123456789")
    first = told(peer, stream)
    blocked = source.call.blocked
    peer.say(frame(WINDOW, 0, stream, number(3)))
    second = told(peer, stream)
    assert source.freed == 0
    peer.say(frame(WINDOW, 0, stream, number(100)))
    third = told(peer, stream)

    assert first + second + third == envelope(b"0123456789")
    assert (len(first), len(second)) == (10, 3)
    assert (blocked, source.call.blocked, source.freed) == (True, False, 1)
    assert peer.server.held == 0


def test_a_window_may_shrink_below_nothing():
    peer, stream, source = opened()
    source.call.write(bytes(100))
    peer.heard()
    peer.say(frame(SETTINGS, payload=setting(4, 50)))
    assert source.call.blocked
    source.call.write(b"x")
    peer.say(frame(WINDOW, 0, stream, number(54)))
    assert told(peer, stream) == b""
    peer.say(frame(WINDOW, 0, stream, number(100)))

    assert told(peer, stream) == envelope(b"x")


def test_the_window_of_the_connection_is_shared_and_opens_for_all_in_turn():
    peer, stream, source = opened()
    other_stream, other = peer.open()
    peer.say(frame(SETTINGS, payload=setting(4, 1_000_000)))
    source.freed = other.freed = 0
    source.call.write(bytes(FIRST_WINDOW - 5))
    assert len(told(peer, stream)) == FIRST_WINDOW
    assert (source.call.blocked, other.call.blocked) == (True, True)
    other.call.write(b"second")
    peer.say(frame(WINDOW, 0, 0, number(8)))
    part = told(peer, other_stream)
    peer.say(frame(WINDOW, 0, 0, number(100)))

    assert part + told(peer, other_stream) == envelope(b"second")
    assert (source.freed, other.freed) == (1, 1)


def test_a_wire_that_is_full_holds_all_back():
    peer, stream, source = opened()
    peer.server.full = True
    assert source.call.blocked
    source.call.write(b"late")
    assert told(peer, stream) == b""
    peer.server.full = False
    peer.server.freed()

    assert told(peer, stream) == envelope(b"late")
    assert source.freed == 1


def test_a_long_message_goes_in_several_frames():
    peer, stream, source = opened()
    source.call.write(bytes(40_000))
    sizes = [len(each.payload) for each in peer.heard()]

    assert sizes == [16_384, 16_384, 40_005 - 2 * 16_384]
    assert stream == 1


def test_what_is_received_is_given_back_to_the_windows():
    peer, stream, source = opened()
    message = bytes(30_000)
    for _ in range(5):
        data = envelope(message)
        peer.say(*(frame(DATA, 0, stream, data[at : at + 16_000]) for at in (0, 16_000)))
    given: dict[int, int] = {0: 0, stream: 0}
    for each in peer.heard():
        given[each.stream] += int.from_bytes(each.payload, "big")

    assert source.asks == [message] * 5
    assert min(given.values()) > 5 * 30_005 - FIRST_WINDOW


@pytest.mark.parametrize("padding", [0, 200])
def test_padding_counts_against_the_windows(padding: int):
    peer, stream, _ = opened()
    peer.say(frame(DATA, 8, stream, bytes((padding,)) + bytes(padding)))

    assert peer.server.calls == 1
    assert peer.server._room == FIRST_WINDOW - padding - 1


def test_too_much_that_waits_ends_its_call_and_no_other():
    peer, _, source = opened()
    _, other = peer.open()
    peer.say(frame(SETTINGS, payload=setting(4, 0)))
    peer.heard()
    while not source.left:
        source.call.write(bytes(100_000))
        assert peer.server.held <= limits.MAX_HELD_BYTES

    assert peer.status()["grpc-status"] == "8"
    assert peer.server.held == 0
    assert not other.left


# ── Ends ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_goes_before_messages_of_which_nothing_is_sent():
    peer, stream, source = opened()
    peer.say(frame(SETTINGS, payload=setting(4, 3)))
    peer.heard()
    source.call.write(b"begun")
    source.call.write(b"not begun")
    source.call.end(NotFoundError("it is gone"))
    begun = told(peer, stream)
    peer.say(frame(WINDOW, 0, stream, number(1_000)))
    data, last, reset = peer.heard()

    assert begun + data.payload == envelope(b"begun")
    assert peer.fields(last)["grpc-status"] == "5"
    assert (reset.kind, reset.code) == (RST, 0)


def test_a_good_end_comes_after_all_that_was_written():
    peer, stream, source = opened()
    peer.say(frame(SETTINGS, payload=setting(4, 3)))
    source.call.write(b"one")
    source.call.write(b"two")
    source.call.end()
    source.call.write(b"too late")
    first = told(peer, stream)
    peer.say(frame(WINDOW, 0, stream, number(1_000)))
    *data, last, _ = peer.heard()

    assert first + b"".join(each.payload for each in data) == envelope(b"one") + envelope(b"two")
    assert peer.fields(last) == {"grpc-status": "0"}


def test_an_error_is_told_with_its_code_and_in_any_letters():
    peer, _, source = opened()
    source.call.end(NotFoundError("100 % não\n"))

    assert peer.status() == {
        "grpc-status": "5",
        "grpc-message": "100 %25 n%C3%A3o%0A",
        "hub-code": "not_found",
    }


def test_what_nobody_expected_ends_the_call_and_tells_nothing(caplog: pytest.LogCaptureFixture):
    peer, stream, source = opened()
    _, other = peer.open()
    peer.say(frame(DATA, 0, stream, envelope(b"fail")))

    assert peer.status() == {"grpc-status": "2", "grpc-message": "something went wrong"}
    assert (source.left, other.left) == (True, False)
    assert "as it was told" in caplog.text


@pytest.mark.parametrize(
    ("more", "messages", "status", "said"),
    [
        ([("grpc-timeout", "5")], [b""], "3", "grpc-timeout"),
        ([("grpc-timeout", "123456789S")], [b""], "3", "grpc-timeout"),
        ([("grpc-encoding", "zstd")], [b""], "12", "gzip"),
        ([("authorization", "Bearer wrong")], [b""], "16", "token"),
        ([("authorization", "wrong")], [b""], "16", "Bearer"),
        ([], [], "12", "one message"),
        ([], [b"one", b"two"], "12", "one message"),
        ([], [bytes(MAX_MESSAGE_BYTES + 1)], "8", str(MAX_MESSAGE_BYTES)),
    ],
)
def test_a_call_that_cannot_be_answered_is_told_why(
    more: list[tuple[str, str]], messages: list[bytes], status: str, said: str
):
    peer = Peer()
    stream = peer.next_stream()
    peer.say(frame(HEADERS, END_HEADERS, stream, peer.head(*more)))
    data = b"".join(envelope(each) for each in messages)
    peer.say(*(frame(DATA, 0, stream, data[at : at + 9_000]) for at in range(0, len(data), 9_000)))
    if peer.server.calls:
        peer.say(frame(DATA, END_STREAM, stream))
    trailers = peer.status()

    assert trailers["grpc-status"] == status
    assert said in trailers["grpc-message"]
    assert trailers["grpc-accept-encoding"] == "identity,gzip"
    assert peer.server.calls == 0


def test_a_method_that_is_not_there():
    peer = Peer()
    peer.say(frame(HEADERS, END_HEADERS, 1, peer.head(path="/test/Nothing")))

    assert peer.status()["grpc-status"] == "12"


@pytest.mark.parametrize(
    ("change", "status"),
    [((":method", "GET"), "405"), (("content-type", "application/json"), "415")],
)
def test_what_is_not_grpc_is_told_so_by_http(change: tuple[str, str], status: str):
    peer = Peer()
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("content-type", "x")]
    block = peer.encoder.encode([change if change[0] == name else (name, v) for name, v in fields])
    peer.say(frame(HEADERS, END_HEADERS, 1, block))
    head, reset = peer.heard()

    assert peer.fields(head) == {":status": status}
    assert head.flags & END_STREAM
    assert (reset.kind, reset.code) == (RST, 0)


@pytest.mark.parametrize(
    "kind", ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"]
)
def test_the_kinds_of_grpc(kind: str):
    peer = Peer()
    peer.ask(b"hello", more=[("content-type", kind)])

    assert peer.status()["grpc-status"] == "0"


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────


def packed(data: bytes, flag: int = 1, encoding: str = "gzip") -> dict[str, str]:
    """How a call of one message ends."""
    peer = Peer()
    stream = peer.next_stream()
    peer.say(
        frame(HEADERS, END_HEADERS, stream, peer.head(("grpc-encoding", encoding))),
        frame(DATA, END_STREAM, stream, envelope(data, flag)),
    )
    return peer.status()


def test_a_message_may_be_packed():
    assert packed(gzip.compress(b"hello" * 100))["grpc-status"] == "0"
    assert packed(b"as it is", flag=0)["grpc-status"] == "0"


WRONGLY_PACKED = {
    "far longer than it seems": (gzip.compress(bytes(10_000_000)), "gzip", "8"),
    "not whole": (gzip.compress(b"hello")[:-9], "gzip", "13"),
    "not packed": (b"hello", "gzip", "13"),
    "unannounced": (gzip.compress(b"hello"), "identity", "13"),
}


@pytest.mark.parametrize("case", WRONGLY_PACKED)
def test_a_message_wrongly_packed(case: str):
    data, encoding, status = WRONGLY_PACKED[case]

    assert packed(data, encoding=encoding)["grpc-status"] == status


def test_a_message_that_is_not_whole_at_the_end():
    peer = Peer()
    peer.say(
        frame(HEADERS, END_HEADERS, 1, peer.head()),
        frame(DATA, END_STREAM, 1, envelope(b"hello")[:-1]),
    )

    assert peer.status()["grpc-status"] == "13"


def test_a_message_in_many_frames():
    peer, stream, source = opened()
    peer.say(*(frame(DATA, 0, stream, bytes((byte,))) for byte in envelope(b"hello")))

    assert source.asks == [b"hello"]


def test_messages_that_do_not_become_whole_do_not_gather():
    peer = Peer()
    part = (b"\0" + number(60_000) + bytes(50_000))[:50_000]
    for _ in range(30):
        stream, _ = peer.open()
        peer.say(
            *(frame(DATA, 0, stream, part[at : at + 10_000]) for at in range(0, 50_000, 10_000))
        )
        assert peer.server.gathered <= limits.MAX_GATHERED_BYTES

    assert [source.left for source in peer.sources] == [False] * 20 + [True] * 10
    peer.server.lost()
    assert peer.server.gathered == 0


# ── Deadlines ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "seconds"), [("2H", 7200), ("3M", 180), ("4S", 4), ("5m", 0.005), ("7u", 7e-6)]
)
def test_a_deadline_is_kept(text: str, seconds: float):
    peer = Peer()
    block = peer.head(("grpc-timeout", text), path="/test/Stream")
    peer.say(frame(HEADERS, END_HEADERS, 1, block))
    ((after, act),) = peer.timers
    act()

    assert after == pytest.approx(seconds)
    assert peer.status()["grpc-status"] == "4"
    assert peer.sources[0].left


@pytest.mark.parametrize("ends", ["by itself", "by the client", "with the connection"])
def test_a_deadline_ends_with_its_call(ends: str):
    peer = Peer()
    block = peer.head(("grpc-timeout", "1S"), path="/test/Stream")
    peer.say(frame(HEADERS, END_HEADERS, 1, block))
    acts: dict[str, Any] = {
        "by itself": peer.sources[0].call.end,
        "by the client": lambda: peer.say(frame(RST, 0, 1, pack(">I", 8))),
        "with the connection": peer.server.lost,
    }
    acts[ends]()

    assert peer.timers == []
    assert peer.sources[0].left


def test_a_call_that_ended_in_the_making_is_left():
    peer, _, source = opened()
    call: Call = source.call
    call.end()
    call.end(NotFoundError("again"))
    call.resume()
    call.gone()

    assert peer.status()["grpc-status"] == "0"
