"""What a request of gRPC begins with: its block of headers put together, decoded and judged."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hpack import Decoder, HPACKError
from hpack.exceptions import OversizedHeaderListError

from stream.h2.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    ConnectionFaultError,
    Fault,
    Frame,
    StreamFaultError,
)
from stream.h2.limits import (
    MAX_BLOCK_BYTES,
    MAX_CONTINUATIONS,
    MAX_EXPANDED_BYTES,
    MAX_HEADER_LIST_BYTES,
)
from stream.h2.status import CallError, Status

_PSEUDO = {b":method", b":scheme", b":path", b":authority"}
_OF_CONNECTIONS = {
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"transfer-encoding",
    b"upgrade",
}
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_VALUE = re.compile(rb"[^\x00\r\n]*")
_FIELD_COST = 32
_GRPC = re.compile(rb"application/grpc(\+proto)?([ ;].*)?")
_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])", re.ASCII)
_SECONDS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}

Fields = Sequence[tuple[bytes, bytes]]


class Block(NamedTuple):
    """A whole block of headers, as it was sent."""

    stream: int
    ends: bool
    fields: Fields


class Head(NamedTuple):
    """What a call says of itself. `timeout` is in seconds; `encoding` that of its messages."""

    path: str
    authorization: str
    timeout: float | None
    encoding: str


class NotGrpcError(Exception):
    """A request of HTTP that is none of gRPC; answered with a status of HTTP."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Blocks:
    """Puts blocks together and decodes them, every one: the table must go along."""

    def __init__(self) -> None:
        self.pending = 0
        self._ends = False
        self._pieces: list[bytes] = []
        self._decoder = Decoder(MAX_EXPANDED_BYTES)

    def take(self, frame: Frame) -> Block | None:
        """The block, where it is whole. Raises ConnectionFaultError."""
        if frame.kind == HEADERS:
            self.pending, self._ends = frame.stream, bool(frame.flags & END_STREAM)
        elif frame.stream != self.pending:
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "a continuation of nothing")
        self._pieces.append(frame.payload)
        if sum(map(len, self._pieces)) > MAX_BLOCK_BYTES or len(self._pieces) > MAX_CONTINUATIONS:
            raise ConnectionFaultError(Fault.ENHANCE_YOUR_CALM, "headers without end")
        if not frame.flags & END_HEADERS:
            return None
        data, self._pieces, self.pending = b"".join(self._pieces), [], 0
        return Block(frame.stream, self._ends, self._decoded(data))

    def check_turn(self, frame: Frame) -> None:
        """Nothing may come between the frames of a block. Raises ConnectionFaultError."""
        if self.pending and frame.kind != CONTINUATION:
            raise ConnectionFaultError(Fault.PROTOCOL_ERROR, "something within headers")

    def _decoded(self, data: bytes) -> Fields:
        try:
            return [(bytes(each[0]), bytes(each[1])) for each in self._decoder.decode(data, True)]
        except OversizedHeaderListError as error:
            raise ConnectionFaultError(Fault.ENHANCE_YOUR_CALM, "headers without end") from error
        except HPACKError as error:
            raise ConnectionFaultError(Fault.COMPRESSION_ERROR, "headers make no sense") from error


def head_of(block: Block) -> Head:
    """Raises StreamFaultError where it is no HTTP, NotGrpcError, or CallError."""
    pseudo, values = _sorted(block)
    if {b":method", b":scheme", b":path"} - pseudo.keys() or not pseudo[b":path"]:
        raise StreamFaultError(Fault.PROTOCOL_ERROR, block.stream)
    if pseudo[b":method"] != b"POST":
        raise NotGrpcError(405)
    if not _GRPC.fullmatch(values.get(b"content-type", b"")):
        raise NotGrpcError(415)
    if sum(len(name) + len(value) + _FIELD_COST for name, value in block.fields) > (
        MAX_HEADER_LIST_BYTES
    ):
        raise CallError(
            Status.RESOURCE_EXHAUSTED, f"at most {MAX_HEADER_LIST_BYTES} bytes of metadata"
        )
    encoding = values.get(b"grpc-encoding", b"identity")
    if encoding not in {b"identity", b"gzip"}:
        raise CallError(Status.UNIMPLEMENTED, "messages are encoded by identity or gzip")
    return Head(
        pseudo[b":path"].decode("latin-1"),
        values.get(b"authorization", b"").decode("latin-1"),
        _timeout(values.get(b"grpc-timeout")),
        encoding.decode(),
    )


def _sorted(block: Block) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Pseudo-headers and headers; of those that come again, the last, as gRPC reads them."""
    pseudo: dict[bytes, bytes] = {}
    values: dict[bytes, bytes] = {}
    for name, value in block.fields:
        fine = bool(_VALUE.fullmatch(value))
        if name.startswith(b":"):
            fine = fine and name in _PSEUDO and name not in pseudo and not values
            pseudo[name] = value
        else:
            fine = fine and bool(_NAME.fullmatch(name)) and name not in _OF_CONNECTIONS
            fine = fine and (name != b"te" or value == b"trailers")
            values[name] = value
        if not fine:
            raise StreamFaultError(Fault.PROTOCOL_ERROR, block.stream)
    return pseudo, values


def _timeout(text: bytes | None) -> float | None:
    if text is None:
        return None
    found = _TIMEOUT.fullmatch(text.decode("latin-1"))
    if found is None:
        raise CallError(Status.INVALID_ARGUMENT, "grpc-timeout is such as 5S or 200m")
    return int(found[1]) * _SECONDS[found[2]]
