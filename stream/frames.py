"""The frames of RFC 6455 that a client sends, read as they come, and those that answer them."""

import codecs
import struct
from collections.abc import Iterator
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_DATA = {CONTINUATION, TEXT, BINARY}
_CONTROL = {CLOSE, PING, PONG}
_FINAL = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_MOST_PARTS = 1024
# Those that may stand in a frame, below the ranges that libraries and applications have.
_CLOSE_CODES = {1000, 1001, 1002, 1003, *range(1007, 1015)}

NORMAL, PROTOCOL_ERROR, BAD_TEXT, TOO_LONG = 1000, 1002, 1007, 1009
NO_CODE = 1005


class BrokenError(Exception):
    """What came is no WebSocket, or too much of it; `code` is the one to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Head(NamedTuple):
    final: bool
    opcode: int
    size: int
    # Where the mask begins, which the payload follows.
    at: int


class Frames:
    """Of one client. A text is valid UTF-8, a close has a code that may be sent."""

    __slots__ = ("_decoder", "_kind", "_parts", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._kind = CONTINUATION
        self._parts: list[bytes] | None = None
        self._size = 0
        self._decoder: codecs.IncrementalDecoder | None = None

    def take(self, data: bytes, most: int) -> Iterator[tuple[int, bytes]]:
        """Messages of at most `most` bytes, and control frames, each once it is whole. Raises
        BrokenError."""
        data = self._rest + data if self._rest else data
        self._rest, at = b"", 0
        while (head := self._head(data, at, most)) is not None:
            end = head.at + 4 + head.size
            if len(data) < end:
                break
            payload = _unmasked(data[head.at + 4 : end], data[head.at : head.at + 4])
            at = end
            if head.opcode in _CONTROL:
                if head.opcode == CLOSE:
                    _check_close(payload)
                yield head.opcode, payload
            elif (message := self._message(head, payload)) is not None:
                yield message
        self._rest = data[at:]

    def _head(self, data: bytes, at: int, most: int) -> Head | None:
        """None where more of it must come. A frame that breaks a rule is not waited for."""
        if len(data) < at + 2:
            return None
        first, second = data[at], data[at + 1]
        opcode, size = first & 0x0F, second & 0x7F
        self._check(first, second, opcode, size)
        at += 2
        if size >= 126:
            form, least = ("!H", 126) if size == 126 else ("!Q", 65_536)
            if len(data) < at + struct.calcsize(form):
                return None
            (size,) = struct.unpack_from(form, data, at)
            if size < least:
                raise BrokenError(PROTOCOL_ERROR, "the length is written longer than it is")
            at += struct.calcsize(form)
        if opcode in _DATA and self._size + size > most:
            raise BrokenError(TOO_LONG, f"longer than {most} bytes")
        return Head(bool(first & _FINAL), opcode, size, at)

    def _check(self, first: int, second: int, opcode: int, size: int) -> None:
        if first & _RESERVED:
            raise BrokenError(PROTOCOL_ERROR, "reserved bits")
        if opcode not in _DATA | _CONTROL:
            raise BrokenError(PROTOCOL_ERROR, "reserved opcode")
        if not second & _MASKED:
            raise BrokenError(PROTOCOL_ERROR, "not masked")
        if opcode in _CONTROL and (size > 125 or not first & _FINAL):
            raise BrokenError(PROTOCOL_ERROR, "a control frame is short and in one piece")
        if (opcode == CONTINUATION) is (self._parts is None) and opcode in _DATA:
            raise BrokenError(PROTOCOL_ERROR, "a continuation of nothing, or none")

    def _message(self, head: Head, payload: bytes) -> tuple[int, bytes] | None:
        if self._parts is None and head.final:
            return head.opcode, _text(payload) if head.opcode == TEXT else payload
        if self._parts is None:
            self._kind, self._parts, self._size = head.opcode, [], 0
        self._parts.append(payload)
        self._size += head.size
        if len(self._parts) > _MOST_PARTS:
            raise BrokenError(TOO_LONG, "in too many fragments")
        if self._kind == TEXT:
            self._check_text(payload, head.final)
        if not head.final:
            return None
        whole = b"".join(self._parts)
        self._parts, self._size, self._decoder = None, 0, None
        return self._kind, whole

    def _check_text(self, payload: bytes, final: bool) -> None:
        """Each piece as it comes: what is wrong is not waited for to be whole."""
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            self._decoder.decode(payload, final)
        except UnicodeDecodeError as error:
            raise BrokenError(BAD_TEXT, "not UTF-8") from error


def _text(payload: bytes) -> bytes:
    """Raises BrokenError."""
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise BrokenError(BAD_TEXT, "not UTF-8") from error
    return payload


def pong(payload: bytes) -> bytes:
    return bytes((_FINAL | PONG, len(payload))) + payload


def close(code: int, reason: str = "") -> bytes:
    payload = b"" if code == NO_CODE else struct.pack("!H", code) + reason.encode()[:123]
    return bytes((_FINAL | CLOSE, len(payload))) + payload


def close_code(payload: bytes) -> int:
    return int.from_bytes(payload[:2], "big") if payload else NO_CODE


def _check_close(payload: bytes) -> None:
    code = close_code(payload)
    may_stand = code in _CLOSE_CODES or 3000 <= code < 5000
    if payload and (len(payload) == 1 or not may_stand):
        raise BrokenError(PROTOCOL_ERROR, "no close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError as error:
        raise BrokenError(BAD_TEXT, "the reason is not UTF-8") from error


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return number.to_bytes(size, "big")


PING_FRAME = bytes((_FINAL | PING, 0))
