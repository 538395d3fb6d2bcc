"""Frames of HTTP/2 (RFC 9113): cut from bytes as they come, and written."""

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME_BYTES = 16_384
MAX_WINDOW = 2**31 - 1
FIRST_WINDOW = 65_535

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9
ACK = END_STREAM = 0x01
END_HEADERS, PADDED, PRIORITIZED = 0x04, 0x08, 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = 1, 2, 3
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 4, 5, 6

_HEAD = Struct(">BHBBL")
_HEAD_BYTES = 9
_SETTING = Struct(">HL")
_PRIORITY_BYTES = 5
# The sizes that these kinds have, and no other.
_SIZES = {PRIORITY: 5, RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}
_OF_STREAMS = {DATA, HEADERS, PRIORITY, RST_STREAM, PUSH_PROMISE, CONTINUATION}
_OF_CONNECTIONS = {SETTINGS, PING, GOAWAY}


class Fault(IntEnum):
    """Why a stream or a connection ends."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11


class ConnectionFaultError(Exception):
    """The client broke a rule that ends the connection."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason


class StreamFaultError(Exception):
    """The client broke a rule that ends one stream."""

    def __init__(self, fault: Fault, stream: int) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.stream = stream


class Frame(NamedTuple):
    """One frame, without its padding and priority."""

    kind: int
    flags: int
    stream: int
    payload: bytes
    # What counts against the windows: DATA with its padding.
    size: int


class FrameReader:
    """Holds what is not yet a whole frame, which is never more than one frame."""

    def __init__(self) -> None:
        self._rest = b""
        self._greeted = False

    @property
    def partial(self) -> bool:
        """Whether a frame is there in part."""
        return bool(self._rest)

    def frames(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises ConnectionFaultError."""
        data = self._rest + data if self._rest else data
        self._rest = b""
        at = 0
        if not self._greeted:
            if not _begins_alike(data):
                raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "this is no HTTP/2")
            if len(data) < len(PREFACE):
                self._rest = data
                return
            self._greeted = True
            at = len(PREFACE)
        while len(data) - at >= _HEAD_BYTES:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            end = at + _HEAD_BYTES + _checked_size(high << 16 | low)
            if end > len(data):
                break
            payload = data[at + _HEAD_BYTES : end]
            at = end
            yield _frame(kind, flags, stream & MAX_WINDOW, payload)
        self._rest = data[at:]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def settings(values: dict[int, int]) -> bytes:
    return b"".join([_SETTING.pack(*each) for each in values.items()])


def read_settings(payload: bytes) -> list[tuple[int, int]]:
    return list(_SETTING.iter_unpack(payload))


def check_settings(values: dict[int, int]) -> None:
    """Raises ConnectionFaultError."""
    if values.get(INITIAL_WINDOW_SIZE, 0) > MAX_WINDOW:
        raise ConnectionFaultError(Fault.FLOW_CONTROL_ERROR, "a window that cannot be")
    frame_size = values.get(MAX_FRAME_SIZE, MAX_FRAME_BYTES)
    if values.get(ENABLE_PUSH, 0) > 1 or not MAX_FRAME_BYTES <= frame_size < 2**24:
        raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "settings that cannot be")


def header_frames(stream: int, block: bytes, flags: int = 0) -> bytes:
    """A block of any length, in as many frames as it takes."""
    pieces = [
        block[start : start + MAX_FRAME_BYTES] for start in range(0, len(block), MAX_FRAME_BYTES)
    ]
    last = len(pieces) - 1
    return b"".join(
        frame(
            CONTINUATION if index else HEADERS,
            (0 if index else flags) | (END_HEADERS if index == last else 0),
            stream,
            piece,
        )
        for index, piece in enumerate(pieces)
    )


def _begins_alike(data: bytes) -> bool:
    return data.startswith(PREFACE) or PREFACE.startswith(data)


def _checked_size(size: int) -> int:
    if size > MAX_FRAME_BYTES:
        raise ConnectionFaultError(Fault.FRAME_SIZE_ERROR, "a frame is longer than allowed")
    return size


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> Frame:
    """Raises ConnectionFaultError."""
    size = len(payload)
    if size != _SIZES.get(kind, size) or (kind == SETTINGS and size % _SETTING.size):
        raise ConnectionFaultError(Fault.FRAME_SIZE_ERROR, "a frame of the wrong size")
    if (kind in _OF_STREAMS and not stream) or (kind in _OF_CONNECTIONS and stream):
        raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "a frame on the wrong stream")
    if kind in {DATA, HEADERS} and flags & PADDED:
        payload = _unpadded(payload)
    if kind == HEADERS and flags & PRIORITIZED:
        if len(payload) < _PRIORITY_BYTES:
            raise ConnectionFaultError(Fault.FRAME_SIZE_ERROR, "a frame of the wrong size")
        payload = payload[_PRIORITY_BYTES:]
    return Frame(kind, flags, stream, payload, size)


def _unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "more padding than there is")
    return payload[1 : len(payload) - payload[0]]
