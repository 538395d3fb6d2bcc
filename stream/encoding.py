"""How a message becomes bytes on each protocol: WebSocket with JSON or MessagePack, and SSE."""

import json
import struct
from typing import Any

_TEXT, _BINARY = 0x81, 0x82
_JSON = json.JSONEncoder(separators=(",", ":")).encode


def websocket_json(message: dict[str, Any]) -> bytes:
    return _framed(_TEXT, _JSON(message).encode())


def websocket_msgpack(message: dict[str, Any]) -> bytes:
    return _framed(_BINARY, msgpack(message))


def server_sent_event(message: dict[str, Any]) -> bytes:
    """The cursor is the event's id: it comes back as `Last-Event-ID`."""
    if "cursor" in message:
        return numbered_event(message["cursor"], message["type"], message)
    return f"event: {message['type']}\ndata: {_JSON(message)}\n\n".encode()


def numbered_event(number: object, name: str, message: dict[str, Any]) -> bytes:
    """One of the server's events by whose number a client finds back."""
    return f"id: {number}\nevent: {name}\ndata: {_JSON(message)}\n\n".encode()


def _framed(first: int, payload: bytes) -> bytes:
    """One unmasked WebSocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def msgpack(value: Any) -> bytes:
    """What JSON can say, but fractions, in the shorter form of MessagePack."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _packed_int(value)
    if isinstance(value, str):
        text = value.encode()
        return _headed(len(text), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + text
    if isinstance(value, dict):
        parts = b"".join(msgpack(key) + msgpack(each) for key, each in value.items())
        return _headed(len(value), 0x80, 16, (None, 0xDE, 0xDF)) + parts
    if isinstance(value, list | tuple):
        parts = b"".join(msgpack(each) for each in value)
        return _headed(len(value), 0x90, 16, (None, 0xDC, 0xDD)) + parts
    raise TypeError(f"{type(value).__name__} has no form in MessagePack here")


def _packed_int(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes((value,))
    if value >= 0:
        return struct.pack(">BQ", 0xCF, value)
    return struct.pack(">Bq", 0xD3, value)


def _headed(size: int, short: int, below: int, longer: tuple[int | None, int, int]) -> bytes:
    if size < below:
        return bytes((short | size,))
    one, two, four = longer
    if one is not None and size < 256:
        return bytes((one, size))
    if size < 65_536:
        return struct.pack(">BH", two, size)
    return struct.pack(">BI", four, size)
