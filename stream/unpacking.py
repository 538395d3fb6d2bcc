"""Reads MessagePack, as far as sources of market data send it. Fractions become decimals."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP = -1
_DEEPEST = 16
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_SIZES = {
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xC7: ("extension", ">B"), 0xC8: ("extension", ">H"), 0xC9: ("extension", ">I"),
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"), 0xDE: ("map", ">H"), 0xDF: ("map", ">I"),
}  # fmt: skip
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def unpacked(data: bytes) -> Any:
    """Raises ValueError."""
    reader = _Reader(data)
    try:
        value = reader.value(_DEEPEST)
    except (struct.error, IndexError, TypeError, ArithmeticError) as error:
        raise ValueError("not MessagePack") from error
    if reader.left:
        raise ValueError("more than one value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def value(self, depth: int) -> Any:
        if not depth:
            raise ValueError("nested too deeply")
        first = self._take(1)[0]
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            number = self._number(_NUMBERS[first])
            # The shortest decimal that means this number: the one that was meant.
            return Decimal(repr(number)) if isinstance(number, float) else number
        return self._sized(*self._size(first), depth)

    def _size(self, first: int) -> tuple[str, int]:
        if first < 0xC0:
            for kind, start, mask in (
                ("map", 0x80, 0xF),
                ("list", 0x90, 0xF),
                ("text", 0xA0, 0x1F),
            ):
                if first & ~mask == start:
                    return kind, first & mask
        if first in _FIXED_EXTENSIONS:
            return "extension", _FIXED_EXTENSIONS[first]
        if first not in _SIZES:
            raise ValueError(f"no value begins with {first:#x}")
        kind, form = _SIZES[first]
        return kind, int(self._number(form))

    def _sized(self, kind: str, size: int, depth: int) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "bytes": lambda: self._take(size),
            "text": lambda: self._take(size).decode("utf-8"),
            "extension": lambda: self._extension(size),
            "list": lambda: [self.value(depth - 1) for _ in range(size)],
            "map": lambda: {self.value(depth - 1): self.value(depth - 1) for _ in range(size)},
        }
        return makers[kind]()

    def _extension(self, size: int) -> datetime:
        code = self._number(">b")
        if code != _TIMESTAMP:
            raise ValueError(f"extension {code} is not known")
        if size == 4:
            return _EPOCH + timedelta(seconds=self._number(">I"))
        if size == 8:
            packed = self._number(">Q")
            seconds, nanoseconds = packed & (1 << 34) - 1, packed >> 34
        elif size == 12:
            nanoseconds, seconds = self._number(">I"), self._number(">q")
        else:
            raise ValueError("no time is so long")
        return _EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError("cut off")
        self._at += size
        return self._data[self._at - size : self._at]
