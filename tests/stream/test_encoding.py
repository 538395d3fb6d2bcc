"""Bytes on the wire: frames of every size, MessagePack as its specification says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.encoding import msgpack, server_sent_event, websocket_json
from tests.stream.unpacked import unpacked

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(values)
def test_what_is_packed_can_be_unpacked(value: object):
    assert unpacked(msgpack(value)) == value


@pytest.mark.parametrize("size", [0, 31, 32, 255, 256, 65_535, 65_536])
def test_texts_of_every_size_are_packed(size: int):
    assert unpacked(msgpack("x" * size)) == "x" * size
    assert unpacked(msgpack(["x"] * (size // 16))) == ["x"] * (size // 16)


def test_a_fraction_is_not_packed():
    with pytest.raises(TypeError, match="float"):
        msgpack(1.5)


@pytest.mark.parametrize(
    ("size", "head"),
    [(90, b"\x81\x65"), (200, b"\x81\x7e\x00\xd3"), (70_000, b"\x81\x7f" + (70_011).to_bytes(8))],
)
def test_a_frame_tells_its_length(size: int, head: bytes):
    frame = websocket_json({"type": "x" * size})

    assert frame.startswith(head)


def test_an_event_without_a_place_has_no_id():
    assert server_sent_event({"type": "gap"}) == b'event: gap\ndata: {"type":"gap"}\n\n'
    assert server_sent_event({"type": "quote", "cursor": "1-2"}).startswith(b"id: 1-2\n")
