"""A reader of MessagePack, written from its specification, to check what the task writes."""

import struct
from typing import Any

_SIZES = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}
_NUMBERS = {0xCF: ">Q", 0xD3: ">q"}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def unpacked(data: bytes) -> Any:
    value, rest = _value(data)
    assert rest == b""
    return value


def _value(data: bytes) -> tuple[Any, bytes]:
    first, rest = data[0], data[1:]
    if first < 0x80:
        return first, rest
    if first in _CONSTANTS:
        return _CONSTANTS[first], rest
    if first in _NUMBERS:
        return struct.unpack_from(_NUMBERS[first], rest)[0], rest[8:]
    if first in _SIZES:
        size = struct.unpack_from(_SIZES[first], rest)[0]
        rest = rest[struct.calcsize(_SIZES[first]) :]
        kind = {0xD9: "text", 0xDA: "text", 0xDB: "text", 0xDC: "list", 0xDD: "list"}.get(
            first, "map"
        )
        return _many(kind, size, rest)
    if first & 0xE0 == 0xA0:
        return _many("text", first & 0x1F, rest)
    return _many("map" if first & 0xF0 == 0x80 else "list", first & 0x0F, rest)


def _many(kind: str, size: int, rest: bytes) -> tuple[Any, bytes]:
    if kind == "text":
        return rest[:size].decode(), rest[size:]
    values = []
    for _ in range(size * 2 if kind == "map" else size):
        value, rest = _value(rest)
        values.append(value)
    return (dict(zip(values[::2], values[1::2], strict=True)) if kind == "map" else values), rest
