"""How a call ends in gRPC: its status, and the blocks of headers that say so."""

from enum import IntEnum
from urllib.parse import quote

from hub.domain.kernel import HubError
from hub.entrypoints.errors import outcome_of
from stream.calls import TooSlowError


class Status(IntEnum):
    """The codes of gRPC that are answered here."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class CallError(Exception):
    """The call ends with this status, which no error of Hub's stands for."""

    def __init__(self, status: Status, detail: str = "", code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code


def as_call_error(error: HubError) -> CallError:
    """By the one table of errors."""
    name = "RESOURCE_EXHAUSTED" if isinstance(error, TooSlowError) else outcome_of(error).grpc
    return CallError(Status[name], error.detail, error.code)


def _field(name: bytes, value: bytes) -> bytes:
    """Literal, and kept in no table: so blocks need no state and are the same for all."""
    return b"\x00" + _sized(name) + _sized(value)


def _sized(text: bytes) -> bytes:
    """RFC 7541, 5.1 and 5.2, without Huffman's code."""
    size = len(text)
    if size < 127:
        return bytes((size,)) + text
    size -= 127
    prefix = bytearray(b"\x7f")
    while size >= 128:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix) + text


# `:status: 200` stands in the static table.
HEAD = (
    b"\x88"
    + _field(b"content-type", b"application/grpc")
    + _field(b"grpc-accept-encoding", b"identity,gzip")
)
DONE = _field(b"grpc-status", b"0")


def trailers(error: CallError) -> bytes:
    block = _field(b"grpc-status", b"%d" % error.status)
    if error.detail:
        # As the protocol has it: printable ASCII but for the sign of percent stands for itself.
        message = quote(error.detail, safe=" !\"#$&'()*+,/:;<=>?@[\\]^`{|}~")
        block += _field(b"grpc-message", message.encode())
    if error.code:
        block += _field(b"hub-code", error.code.encode())
    return block


def http_refusal(status: int) -> bytes:
    """To a request that is not gRPC at all."""
    return _field(b":status", b"%d" % status)
