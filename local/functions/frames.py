"""The wire between executor, fork server and environments: a JSON head and a raw body per frame.

Imported by the fork server before it forks: standard library only.
"""

import json
import socket
import struct
from typing import Any

_LENGTHS = struct.Struct("!II")

Head = dict[str, Any]


def pack(head: Head, body: bytes = b"") -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


class Frames:
    """Collects received bytes and gives the complete frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[Head, bytes]]:
        self._buffer += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> tuple[Head, bytes] | None:
        if len(self._buffer) < _LENGTHS.size:
            return None
        head_size, body_size = _LENGTHS.unpack_from(self._buffer)
        head_end = _LENGTHS.size + head_size
        if len(self._buffer) < head_end + body_size:
            return None
        head = json.loads(self._buffer[_LENGTHS.size : head_end])
        body = bytes(self._buffer[head_end : head_end + body_size])
        del self._buffer[: head_end + body_size]
        return head, body


def receive(connection: socket.socket) -> tuple[Head, bytes] | None:
    """The next frame of a blocking socket, None at its end."""
    lengths = _exactly(connection, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, body_size = _LENGTHS.unpack(lengths)
    data = _exactly(connection, head_size + body_size)
    if data is None:
        return None
    return json.loads(data[:head_size]), data[head_size:]


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = connection.recv(size - len(parts))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)
