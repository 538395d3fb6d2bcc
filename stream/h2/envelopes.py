"""Messages of gRPC within the bytes of a stream: a flag, a length, and so many bytes."""

import zlib
from collections.abc import Iterator
from struct import Struct

from stream.h2.status import CallError, Status
from stream.requests import MAX_MESSAGE_BYTES

_HEAD = Struct(">BL")
_HEAD_BYTES = 5
_GZIP = 16 + zlib.MAX_WBITS


class Envelopes:
    """Holds what is not yet a whole message, which is never more than one message."""

    __slots__ = ("_gzip", "_rest")

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding == "gzip"
        self._rest = bytearray()

    @property
    def gathered(self) -> int:
        """How much of a message is there that is not yet whole."""
        return len(self._rest)

    def messages(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now. Raises CallError."""
        rest = self._rest
        rest += data
        while len(rest) >= _HEAD_BYTES:
            flag, size = _HEAD.unpack_from(rest)
            if size > MAX_MESSAGE_BYTES:
                raise _too_long()
            end = _HEAD_BYTES + size
            if end > len(rest):
                break
            payload = bytes(rest[_HEAD_BYTES:end])
            del rest[:end]
            yield self._unpacked(payload) if flag else payload

    def _unpacked(self, payload: bytes) -> bytes:
        if not self._gzip:
            raise CallError(Status.INTERNAL, "a compressed message of a call that named no way")
        unpacking = zlib.decompressobj(_GZIP)
        try:
            message = unpacking.decompress(payload, MAX_MESSAGE_BYTES + 1)
        except zlib.error as error:
            raise CallError(Status.INTERNAL, "a message is not what gzip makes") from error
        if len(message) > MAX_MESSAGE_BYTES:
            raise _too_long()
        if not unpacking.eof:
            raise CallError(Status.INTERNAL, "a message is not what gzip makes")
        return message


def _too_long() -> CallError:
    return CallError(Status.RESOURCE_EXHAUSTED, f"at most {MAX_MESSAGE_BYTES} bytes in a message")
