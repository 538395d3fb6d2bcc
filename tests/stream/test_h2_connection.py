"""The rules of HTTP/2 (RFC 9113), one by one, on a connection without sockets; its known floods."""

from collections.abc import Callable
from time import monotonic

import pytest

from stream.h2 import limits
from stream.h2.frames import Fault
from tests.stream.h2_peer import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITIZED,
    PRIORITY,
    PUSH,
    RST,
    SETTINGS,
    WINDOW,
    Heard,
    Peer,
    envelope,
    frame,
    number,
    setting,
)

ANSWER = envelope(b"hello")


def echoed(peer: Peer) -> bool:
    """Whether a call was answered with what it said, and ended well."""
    head, data, last = peer.heard()
    assert peer.fields(head)[":status"] == "200"
    assert (data.kind, data.payload) == (DATA, ANSWER)
    return peer.fields(last) == {"grpc-status": "0"} and bool(last.flags & END_STREAM)


def test_a_call_is_answered():
    peer = Peer()
    peer.ask(b"hello")

    assert echoed(peer)
    assert peer.server.calls == 0


def test_the_server_greets_and_answers_settings():
    peer = Peer(greets=False)
    peer.say(PREFACE, frame(SETTINGS, payload=setting(3, 100)))
    greeting, answer = peer.heard()

    assert (greeting.kind, greeting.flags) == (SETTINGS, 0)
    assert setting(3, limits.MAX_STREAMS) in greeting.payload
    assert answer == Heard(SETTINGS, 1, 0, b"")


def test_a_conversation_may_be_cut_at_every_byte():
    whole = Peer(greets=False)
    talk = [
        PREFACE + frame(SETTINGS, payload=setting(4, 20)),
        frame(HEADERS, END_HEADERS, 1, whole.head()) + frame(DATA, END_STREAM, 1, ANSWER),
        frame(PING, payload=b"12345678") + frame(WINDOW, 0, 0, number(9)),
        frame(HEADERS, END_HEADERS, 3, whole.head()) + frame(DATA, 0, 3, ANSWER[:4]),
        frame(DATA, END_STREAM, 3, ANSWER[4:]) + frame(RST, 0, 3, number(8)),
    ]
    data = b"".join(talk)
    whole.say(data)
    expected = whole.written()
    for cut in range(1, len(data)):
        peer = Peer(greets=False)
        peer.say(data[:cut])
        peer.say(data[cut:])
        assert peer.written() == expected, cut
    slowly = Peer(greets=False)
    for byte in data:
        slowly.say(bytes((byte,)))

    assert slowly.written() == expected


def test_headers_come_in_pieces_with_padding_and_priority():
    peer = Peer()
    block = peer.head()
    first = bytes((3,)) + number(0) + b"\x10" + block[:10] + bytes(3)
    peer.say(
        frame(HEADERS, PADDED | PRIORITIZED, 1, first),
        frame(CONTINUATION, 0, 1, block[10:20]),
        frame(CONTINUATION, END_HEADERS, 1, block[20:]),
        frame(DATA, PADDED | END_STREAM, 1, b"\x02" + ANSWER + bytes(2)),
    )

    assert echoed(peer)


def test_what_is_not_known_is_passed_over():
    peer = Peer()
    peer.say(
        frame(77, 3, 5, b"?"), frame(PRIORITY, 0, 9, bytes(5)), frame(GOAWAY, payload=bytes(8))
    )
    peer.ask(b"hello")

    assert echoed(peer)


def test_a_ping_is_answered():
    peer = Peer()
    peer.say(frame(PING, payload=b"12345678"))

    assert peer.heard() == [Heard(PING, 1, 0, b"12345678")]


WRONG: dict[str, tuple[Callable[[Peer], bytes], Fault]] = {
    "data of no stream": (lambda _: frame(DATA, 0, 5, b"x"), Fault.PROTOCOL_ERROR),
    "data of the connection": (lambda _: frame(DATA, 0, 0, b"x"), Fault.PROTOCOL_ERROR),
    "a stream of the server's": (
        lambda peer: frame(HEADERS, END_HEADERS, 2, peer.head()),
        Fault.PROTOCOL_ERROR,
    ),
    "a stream twice": (
        lambda peer: (
            frame(HEADERS, END_HEADERS, 7, peer.head())
            + frame(HEADERS, END_HEADERS, 5, peer.head())
        ),
        Fault.PROTOCOL_ERROR,
    ),
    "something within headers": (
        lambda peer: frame(HEADERS, 0, 5, peer.head()) + frame(PING, payload=bytes(8)),
        Fault.PROTOCOL_ERROR,
    ),
    "headers of another stream": (
        lambda peer: frame(HEADERS, 0, 5, peer.head()) + frame(CONTINUATION, 4, 7, b""),
        Fault.PROTOCOL_ERROR,
    ),
    "a continuation of nothing": (lambda _: frame(CONTINUATION, 4, 5), Fault.PROTOCOL_ERROR),
    "headers that are none": (
        lambda _: frame(HEADERS, END_HEADERS, 5, b"\xff\xff\xff\xff\xff"),
        Fault.COMPRESSION_ERROR,
    ),
    "a push": (lambda _: frame(PUSH, 4, 5, bytes(4)), Fault.PROTOCOL_ERROR),
    "a ping of seven": (lambda _: frame(PING, payload=bytes(7)), Fault.FRAME_SIZE_ERROR),
    "a ping of a stream": (lambda _: frame(PING, 0, 1, bytes(8)), Fault.PROTOCOL_ERROR),
    "settings of five": (lambda _: frame(SETTINGS, payload=bytes(5)), Fault.FRAME_SIZE_ERROR),
    "an answer with settings": (lambda _: frame(SETTINGS, 1, 0, bytes(6)), Fault.FRAME_SIZE_ERROR),
    "a window too wide to set": (
        lambda _: frame(SETTINGS, payload=setting(4, 2**31)),
        Fault.FLOW_CONTROL_ERROR,
    ),
    "frames too small": (
        lambda _: frame(SETTINGS, payload=setting(5, 16_383)),
        Fault.PROTOCOL_ERROR,
    ),
    "a push that may be two": (
        lambda _: frame(SETTINGS, payload=setting(2, 2)),
        Fault.PROTOCOL_ERROR,
    ),
    "a reset of no stream": (lambda _: frame(RST, 0, 5, bytes(4)), Fault.PROTOCOL_ERROR),
    "a window of no stream": (lambda _: frame(WINDOW, 0, 5, number(1)), Fault.PROTOCOL_ERROR),
    "a window by nothing": (lambda _: frame(WINDOW, 0, 0, number(0)), Fault.PROTOCOL_ERROR),
    "a window too wide": (
        lambda _: frame(WINDOW, 0, 0, number(2**31 - 1)),
        Fault.FLOW_CONTROL_ERROR,
    ),
    "a frame too long": (lambda _: frame(DATA, 0, 5, bytes(16_385)), Fault.FRAME_SIZE_ERROR),
    "padding of all": (lambda _: frame(DATA, PADDED, 5, b"\x01"), Fault.PROTOCOL_ERROR),
    "priority of none": (
        lambda _: frame(HEADERS, PRIORITIZED | END_HEADERS, 5, b"1234"),
        Fault.FRAME_SIZE_ERROR,
    ),
    "data of a stream that was": (
        lambda peer: (
            frame(HEADERS, END_HEADERS, 5, peer.head())
            + frame(DATA, END_STREAM, 5, ANSWER)
            + frame(DATA, 0, 5, b"x")
        ),
        Fault.STREAM_CLOSED,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_breaks_a_rule_of_the_connection_ends_it_and_all_its_calls(case: str):
    peer = Peer()
    _, source = peer.open()
    wrong, fault = WRONG[case]
    peer.say(wrong(peer))

    assert peer.farewell() == fault
    assert source.left
    peer.say(frame(PING, payload=bytes(8)))
    assert peer.written() == b""


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", PREFACE + frame(PING, payload=bytes(8))]
)
def test_who_begins_otherwise_is_no_client(data: bytes):
    peer = Peer(greets=False)
    peer.say(data)

    assert peer.farewell() == Fault.PROTOCOL_ERROR


def reset_of(peer: Peer, stream: int) -> int:
    (reset,) = [each for each in peer.heard() if each.kind == RST and each.stream == stream]
    assert not peer.server.over
    return reset.code


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (frame(WINDOW, 0, 1, number(0)), Fault.PROTOCOL_ERROR),
        (frame(WINDOW, 0, 1, number(2**31 - 1)), Fault.FLOW_CONTROL_ERROR),
        (frame(DATA, END_STREAM, 1, b"") + frame(DATA, 0, 1, b""), Fault.STREAM_CLOSED),
    ],
)
def test_what_breaks_a_rule_of_a_stream_ends_that_one(wrong: bytes, fault: Fault):
    peer = Peer()
    stream, source = peer.open()
    _, other = peer.open()
    peer.say(wrong)

    assert reset_of(peer, stream) == fault
    assert (source.left, other.left) == (True, False)


MALFORMED: list[list[tuple[str, str]]] = [
    [(":method", "POST"), (":scheme", "http"), ("content-type", "application/grpc")],
    [(":method", "POST"), (":scheme", "http"), (":path", "")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("Upper", "case")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("connection", "close")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("te", "gzip")],
    [(":method", "POST"), (":scheme", "http"), ("a", "b"), (":path", "/")],
    [(":method", "POST"), (":method", "POST"), (":scheme", "http"), (":path", "/")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":status", "200")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("a", "b\r\nc: d")],
    [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("", "b")],
]


@pytest.mark.parametrize("fields", MALFORMED)
def test_a_malformed_request_is_reset(fields: list[tuple[str, str]]):
    peer = Peer()
    peer.say(frame(HEADERS, END_HEADERS | END_STREAM, 1, peer.encoder.encode(fields)))

    assert reset_of(peer, 1) == Fault.PROTOCOL_ERROR


def test_frames_on_their_way_to_a_stream_that_ended_here_are_passed_over():
    peer = Peer()
    stream, source = peer.open()
    source.call.end()
    peer.heard()
    peer.say(frame(DATA, 0, stream, ANSWER), frame(WINDOW, 0, stream, number(1)))
    peer.say(frame(HEADERS, END_HEADERS | END_STREAM, stream, peer.encoder.encode([("a", "b")])))
    peer.say(frame(RST, 0, stream, number(8)))

    assert peer.written() == b""
    assert not peer.server.over


def test_more_streams_than_allowed_are_refused_and_the_others_stay():
    peer = Peer()
    for _ in range(limits.MAX_STREAMS):
        peer.open()
    stream = peer.next_stream()
    peer.say(frame(HEADERS, END_HEADERS, stream, peer.head()))

    assert reset_of(peer, stream) == Fault.REFUSED_STREAM
    assert peer.server.calls == limits.MAX_STREAMS


# ── Floods ───────────────────────────────────────────────────────────────────────────────────────


def opened_and_reset(peer: Peer) -> bytes:
    stream = peer.next_stream()
    return frame(HEADERS, END_HEADERS, stream, peer.head()) + frame(RST, 0, stream, number(8))


def reset_by_the_server(peer: Peer) -> bytes:
    stream = peer.next_stream()
    return frame(HEADERS, END_HEADERS, stream, peer.head()) + frame(WINDOW, 0, stream, number(0))


def carrying_nothing(peer: Peer) -> bytes:
    if not peer.sources:
        peer.open()
    return frame(DATA, 0, 1, b"")


FLOODS: dict[str, tuple[Callable[[Peer], bytes], int]] = {
    "streams opened and reset": (opened_and_reset, 3_000),
    "streams that the server must reset": (reset_by_the_server, 3_000),
    "pings": (lambda _: frame(PING, payload=bytes(8)), 20_000),
    "settings": (lambda _: frame(SETTINGS, payload=setting(4, 9)), 300),
    "answers to settings": (lambda _: frame(SETTINGS, 1), 20_000),
    "empty data": (carrying_nothing, 20_000),
    "windows": (lambda _: frame(WINDOW, 0, 0, number(1)), 20_000),
    "priorities": (lambda _: frame(PRIORITY, 0, 1, bytes(5)), 20_000),
    "unknown frames": (lambda _: frame(200), 20_000),
}


@pytest.mark.parametrize("case", FLOODS)
def test_a_flood_ends_the_connection(case: str):
    peer = Peer()
    flood, most = FLOODS[case]
    count = 0
    while not peer.server.over:
        peer.say(flood(peer))
        count += 1
        assert count < most

    assert peer.farewell() == Fault.ENHANCE_YOUR_CALM
    assert peer.server.calls == 0


def test_a_client_may_end_all_its_streams_at_once():
    peer = Peer()
    streams = [peer.open()[0] for _ in range(limits.MAX_STREAMS)]
    peer.say(*(frame(RST, 0, stream, number(8)) for stream in streams))

    assert not peer.server.over
    assert all(source.left for source in peer.sources)


@pytest.mark.parametrize(
    "flood",
    [
        [frame(CONTINUATION, 0, 1, b"")] * 20,
        [frame(CONTINUATION, 0, 1, bytes(16_000))] * 2,
    ],
)
def test_headers_without_end_end_the_connection(flood: list[bytes]):
    peer = Peer()
    peer.say(frame(HEADERS, 0, 1, peer.head()), *flood)

    assert peer.farewell() == Fault.ENHANCE_YOUR_CALM


def test_headers_that_expand_without_end_end_the_connection():
    peer = Peer()
    field = b"\x40\x01a" + b"\x7f\xa1\x1e" + bytes(4_000)
    peer.say(frame(HEADERS, END_HEADERS, 1, field + b"\xbe" * 100))

    assert peer.farewell() == Fault.ENHANCE_YOUR_CALM


def test_too_long_headers_are_refused_and_the_next_call_is_answered():
    peer = Peer()
    stream = peer.next_stream()
    block = peer.head(*((f"x-{index}", "v" * 100) for index in range(120)))
    pieces = [block[start : start + 8_000] for start in range(0, len(block), 8_000)]
    peer.say(frame(HEADERS, END_STREAM, stream, pieces[0]))
    peer.say(*(frame(CONTINUATION, 0, stream, each) for each in pieces[1:]))
    peer.say(frame(CONTINUATION, END_HEADERS, stream))
    assert peer.status()["grpc-status"] == "8"
    peer.ask(b"hello")

    assert echoed(peer)


def test_answers_that_nobody_reads_do_not_gather():
    peer = Peer()
    peer.server.full = True
    while not peer.server.over:
        peer.say(frame(PING, payload=bytes(8)))
        peer.server.sent(10_000)

    assert sum(map(len, peer.server.out)) == 0


# ── Time ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "begun",
    [
        lambda peer: PREFACE[:10],
        lambda peer: PREFACE,
        lambda peer: PREFACE + frame(SETTINGS) + frame(HEADERS, 0, 1, peer.head()),
        lambda peer: PREFACE + frame(SETTINGS) + frame(PING, payload=bytes(8))[:-1],
    ],
)
def test_who_does_not_go_on_is_let_go(begun: Callable[[Peer], bytes]):
    peer = Peer(greets=False)
    peer.say(begun(peer))
    peer.server.tick(monotonic() + limits.HEAD_WITHIN / 2)
    assert not peer.server.over
    peer.server.tick(monotonic() + limits.HEAD_WITHIN + 1)

    assert peer.server.over


def test_who_is_quiet_is_asked_and_then_let_go():
    peer = Peer()
    _, source = peer.open()
    now = monotonic()
    peer.server.tick(now + limits.KEEPALIVE_SECONDS - 1)
    peer.heard()
    peer.server.tick(now + limits.KEEPALIVE_SECONDS + 1)
    (ping,) = peer.heard()
    peer.server.tick(now + limits.KEEPALIVE_SECONDS + limits.KEEPALIVE_WITHIN - 1)
    assert (ping.kind, peer.server.over) == (PING, False)
    peer.server.tick(now + limits.KEEPALIVE_SECONDS + limits.KEEPALIVE_WITHIN + 1)

    assert peer.server.over
    assert source.left


# ── The end ──────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_ends_takes_what_is_on_the_way_and_nothing_more():
    peer = Peer()
    _, source = peer.open()
    peer.heard()
    peer.server.retire()
    first, ping = peer.heard()
    late, _ = peer.open()
    peer.say(frame(PING, 1, 0, ping.payload))
    (last,) = [each for each in peer.heard() if each.kind == GOAWAY]
    refused = peer.next_stream()
    peer.say(frame(HEADERS, END_HEADERS, refused, peer.head()))
    code = reset_of(peer, refused)
    source.call.end()
    assert not peer.server.over
    peer.say(frame(RST, 0, late, number(8)))

    assert first.payload == number(2**31 - 1) + number(0)
    assert last.payload == number(late) + number(0)
    assert code == Fault.REFUSED_STREAM
    assert peer.server.over
    assert source.left
