"""The frames of clients: the cases of the Autobahn suite that apply to who receives, and chaos."""

import struct
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Opcode
from websockets.frames import Frame as TheirFrame

from stream.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    BrokenError,
    Frames,
    close,
    close_code,
    pong,
)

MOST = 64 * 1024
MASK = b"\x12\x34\x56\x78"
Heard = list[tuple[int, bytes]]


def sent(opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0) -> bytes:
    """A frame as a client sends it."""
    first, size = opcode | reserved | (0x80 if final else 0), len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + MASK + bytes(each ^ MASK[n % 4] for n, each in enumerate(payload))


def read(pieces: Iterable[bytes]) -> tuple[Heard, int | None]:
    """What is read, and the code to close with if that breaks."""
    frames, found = Frames(), []
    try:
        for piece in pieces:
            for each in frames.take(piece, MOST):
                found.append(each)  # noqa: PERF402  # what came before the error counts
    except BrokenError as error:
        return found, error.code
    return found, None


def one_by_one(data: bytes) -> Iterable[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


EURO = "κόσμε €𐍈".encode()

GOOD = {
    "1.1.1 an empty text": (sent(TEXT), [(TEXT, b"")]),
    "1.1.2 a short text": (sent(TEXT, b"*" * 125), [(TEXT, b"*" * 125)]),
    "1.1.3 a length of two bytes": (sent(TEXT, b"*" * 126), [(TEXT, b"*" * 126)]),
    "1.1.5 the longest of those": (sent(TEXT, b"*" * 65_535), [(TEXT, b"*" * 65_535)]),
    "1.1.6 a length of eight bytes": (sent(TEXT, b"*" * MOST), [(TEXT, b"*" * MOST)]),
    "1.2.1 bytes": (sent(BINARY, b"\xff\x00"), [(BINARY, b"\xff\x00")]),
    "2.1 an empty ping": (sent(PING), [(PING, b"")]),
    "2.4 a ping of 125 bytes": (sent(PING, b"\xfe" * 125), [(PING, b"\xfe" * 125)]),
    "2.7 a pong that nobody asked for": (sent(PONG, b"x"), [(PONG, b"x")]),
    "2.10 ten pings": (sent(PING, b"1") * 10, [(PING, b"1")] * 10),
    "5.3 two fragments": (
        sent(TEXT, b"one", final=False) + sent(CONTINUATION, b"two"),
        [(TEXT, b"onetwo")],
    ),
    "5.6 a ping between fragments": (
        sent(TEXT, b"one", final=False) + sent(PING, b"p") + sent(CONTINUATION, b"two"),
        [(PING, b"p"), (TEXT, b"onetwo")],
    ),
    "5.19 pings between many fragments": (
        sent(TEXT, b"1", final=False)
        + (sent(CONTINUATION, b"2", final=False) + sent(PING)) * 4
        + sent(CONTINUATION, b"3"),
        [(PING, b"")] * 4 + [(TEXT, b"122223")],
    ),
    "6.1 empty fragments": (
        sent(TEXT, final=False) + sent(CONTINUATION, final=False) + sent(CONTINUATION),
        [(TEXT, b"")],
    ),
    "6.2 UTF-8": (sent(TEXT, EURO), [(TEXT, EURO)]),
    "6.2.3 UTF-8 cut within characters": (
        sent(TEXT, EURO[:1], final=False)
        + b"".join(sent(CONTINUATION, EURO[n : n + 1], final=False) for n in range(1, len(EURO)))
        + sent(CONTINUATION),
        [(TEXT, EURO)],
    ),
    "6.6 the borders of UTF-8": (
        sent(TEXT, "\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff".encode()),
        [(TEXT, "\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff".encode())],
    ),
    "7.3.1 a close without a code": (sent(CLOSE), [(CLOSE, b"")]),
    "7.3.3 a close with a code": (sent(CLOSE, b"\x03\xe8"), [(CLOSE, b"\x03\xe8")]),
    "7.3.5 with a reason of 123 bytes": (
        sent(CLOSE, b"\x03\xe8" + b"*" * 123),
        [(CLOSE, b"\x03\xe8" + b"*" * 123)],
    ),
}

BAD = {
    "2.5 a ping of 126 bytes": (sent(PING, b"*" * 126), 1002),
    "3.1 the first reserved bit": (sent(TEXT, b"x", reserved=0x40), 1002),
    "3.2 the second": (sent(TEXT, b"x", reserved=0x20), 1002),
    "3.4 the third": (sent(PING, b"x", reserved=0x10), 1002),
    **{f"4.1 opcode {code}": (sent(code, b"x"), 1002) for code in range(3, 8)},
    **{f"4.2 opcode {code}": (sent(code, b"x"), 1002) for code in range(11, 16)},
    "5.1 a ping in fragments": (sent(PING, b"x", final=False), 1002),
    "5.2 a close in fragments": (sent(CLOSE, final=False), 1002),
    "5.9 a continuation of nothing": (sent(CONTINUATION, b"x"), 1002),
    "5.11 that is not the last": (sent(CONTINUATION, b"x", final=False), 1002),
    "5.18 a text within a text": (sent(TEXT, b"x", final=False) + sent(TEXT, b"y"), 1002),
    "5.18 bytes within a text": (sent(TEXT, b"x", final=False) + sent(BINARY, b"y"), 1002),
    "6.3 not UTF-8": (sent(TEXT, b"\xce\xba\xed\xa0\x80"), 1007),
    "6.4.1 not UTF-8, in a fragment": (sent(TEXT, b"\xf4\x90", final=False), 1007),
    "6.4.2 cut short at the end": (
        sent(TEXT, b"\xce", final=False) + sent(CONTINUATION, b""),
        1007,
    ),
    **{
        f"6.8 {bytes_.hex()}": (sent(TEXT, b"a" + bytes_ + b"b"), 1007)
        for bytes_ in (b"\x80", b"\xc0\x80", b"\xc3\x28", b"\xed\xbf\xbf", b"\xf8\x88", b"\xff")
    },
    "7.3.2 a close of one byte": (sent(CLOSE, b"\x03"), 1002),
    "7.3.6 a close that is too long": (sent(CLOSE, b"\x03\xe8" + b"*" * 124), 1002),
    "7.5.1 a reason that is not UTF-8": (sent(CLOSE, b"\x03\xe8\xc3\x28"), 1007),
    **{
        f"7.9 code {code}": (sent(CLOSE, struct.pack("!H", code)), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    },
    "9.1 longer than allowed": (sent(TEXT, b"*" * (MOST + 1))[:14], 1009),
    "9.3 longer in fragments": (
        sent(TEXT, b"*" * MOST, final=False) + sent(CONTINUATION, b"x")[:6],
        1009,
    ),
    "an absurd length": (b"\x81\xff" + b"\xff" * 8 + MASK, 1009),
    "not masked": (b"\x81\x02{}", 1002),
    "a length written too long": (b"\x81\xfe\x00\x7d" + MASK, 1002),
    "and in eight bytes": (b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff" + MASK, 1002),
    "endless fragments": (
        sent(TEXT, b"", final=False) + sent(CONTINUATION, b"", final=False) * 1_024,
        1009,
    ),
}


@pytest.mark.parametrize(("data", "expected"), GOOD.values(), ids=GOOD)
def test_what_the_protocol_allows_is_read_wherever_it_is_cut(data: bytes, expected: Heard):
    short = len(data) < 700
    cuts = range(len(data)) if short else [*range(20), len(data) - 1]

    assert all(read([data[:cut], data[cut:]]) == (expected, None) for cut in cuts)
    assert not short or read(one_by_one(data)) == (expected, None)


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD)
def test_what_it_forbids_ends_the_stream(data: bytes, code: int):
    assert read([data])[1] == read([data[:9], data[9:]])[1] == code


def test_what_came_before_it_is_heard():
    data = sent(TEXT, b"a") + sent(PING, b"b") + sent(3)

    assert read([data]) == read(one_by_one(data)) == ([(TEXT, b"a"), (PING, b"b")], 1002)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4999])
def test_codes_that_may_be_sent_come_through(code: int):
    found, _ = read([sent(CLOSE, struct.pack("!H", code))])

    assert [close_code(payload) for _, payload in found] == [code]


@pytest.mark.parametrize("at", range(len(EURO)))
def test_a_text_that_is_wrong_at_any_place_is_refused(at: int):
    wrong = EURO[:at] + b"\xff" + EURO[at + 1 :]

    assert read([sent(TEXT, wrong)]) == ([], 1007)


def test_what_is_answered_is_what_their_library_writes():
    theirs = TheirFrame(Opcode.PONG, b"payload").serialize(mask=False)
    ending = TheirFrame(Opcode.CLOSE, Close(4401, "why").serialize()).serialize(mask=False)

    assert pong(b"payload") == theirs
    assert close(4401, "why") == ending
    assert close(close_code(b"")) == b"\x88\x00"


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_the_same_however_they_are_cut(data: bytes, cuts: list[int]):
    places = [0, *sorted(cuts), len(data)]

    assert read(data[a:b] for a, b in pairwise(places)) == read([data])


@given(
    st.lists(
        st.tuples(st.sampled_from([TEXT, BINARY, PING, PONG]), st.text(max_size=20)), max_size=5
    )
)
@settings(max_examples=60, deadline=None)
def test_what_their_library_sends_is_read(payloads: list[tuple[int, str]]):
    data = b"".join(
        TheirFrame(Opcode(kind), text.encode()).serialize(mask=True) for kind, text in payloads
    )

    assert read([data]) == ([(kind, text.encode()) for kind, text in payloads], None)
