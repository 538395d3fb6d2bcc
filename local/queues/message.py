"""What is sent and what is received: drafts, messages, deliveries, their checks and their MD5s."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from local.queues.errors import SqsError, check_range, invalid_value

MAX_BYTES = 1024 * 1024
MAX_ATTRIBUTES = 10

# As on the wire: {"DataType": ..., "StringValue": ...} or {"DataType": ..., "BinaryValue": base64}
Attributes = Mapping[str, Mapping[str, str]]
NO_ATTRIBUTES: Attributes = {}

_ATTRIBUTE_NAME = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# Everything XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class QueueSpec(NamedTuple):
    """A standard queue. All times in seconds."""

    name: str
    visibility: float = 30
    delay: float = 0
    retention: float = 345600
    dead_letter: str | None = None
    max_receives: int | None = None


class Draft(NamedTuple):
    """What a sender gives. `trace` is the AWSTraceHeader system attribute."""

    body: str
    delay: float | None = None
    group: str | None = None
    attributes: Attributes = NO_ATTRIBUTES
    trace: str | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A message inside its queue; `timer` and `expiry` are the queue's own entries for it."""

    seq: int
    id: str
    draft: Draft
    sent: float
    visible_at: float
    receives: int = 0
    first_received: float | None = None
    source: str | None = None
    place: Literal["delayed", "visible", "in_flight", "gone"] = "gone"
    timer: int = 0
    expiry: int = 0


class Delivery(NamedTuple):
    """One receipt of a message: what it was when it was received."""

    receipt: str
    id: str
    draft: Draft
    sent: float
    first_received: float
    receives: int
    source: str | None

    def system_attributes(self, sender: str) -> dict[str, str]:
        """Every attribute that SQS itself gives the message."""
        attributes = {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(int(self.sent * 1000)),
            "SenderId": sender,
            "ApproximateFirstReceiveTimestamp": str(int(self.first_received * 1000)),
        }
        optional = {
            "MessageGroupId": self.draft.group,
            "AWSTraceHeader": self.draft.trace,
            "DeadLetterQueueSourceArn": self.source,
        }
        return attributes | {name: value for name, value in optional.items() if value is not None}


def receipt_of(queue: str, message: Message) -> str:
    """Opaque to the reader; valid until the message is received again, also after a restart."""
    return base64.urlsafe_b64encode(f"{queue}/{message.id}/{message.receives}".encode()).decode()


def open_receipt(queue: str, receipt: str) -> tuple[str, int]:
    """The message's id and which of its receives this was."""
    try:
        decoded = base64.urlsafe_b64decode(receipt.encode()).decode()
    except (binascii.Error, UnicodeError):
        decoded = ""
    name, _, rest = decoded.partition("/")
    identity, _, receives = rest.partition("/")
    if name != queue or not receives.isdecimal():
        raise SqsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return identity, int(receives)


def size_of(draft: Draft) -> int:
    """Bytes that count towards the limit: body and attributes."""
    total = len(draft.body.encode())
    for name, attribute in draft.attributes.items():
        total += len(name.encode()) + len(attribute["DataType"].encode()) + len(_value(attribute))
    return total


def check(draft: Draft) -> None:
    """Raises what SQS answers to a draft that it does not take."""
    if not draft.body:
        message = "The request must contain the parameter MessageBody."
        raise SqsError("MissingParameter", message)
    if forbidden := _FORBIDDEN.search(draft.body):
        message = (
            f"Invalid binary character '#x{ord(forbidden[0]):X}' was found in the message body."
        )
        raise SqsError("InvalidMessageContents", message)
    if draft.delay is not None:
        check_range(draft.delay, "DelaySeconds", 0, 900)
    if draft.group is not None and not 1 <= len(draft.group) <= 128:
        raise invalid_value(draft.group, "MessageGroupId", "Must have 1 to 128 characters.")
    _check_attributes(draft.attributes)
    if size_of(draft) > MAX_BYTES:
        reason = f"Message must be shorter than {MAX_BYTES} bytes."
        raise SqsError(
            "InvalidParameterValue", f"One or more parameters are invalid. Reason: {reason}"
        )


def md5_of_body(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Attributes) -> str:
    """As SDKs compute it: by name, each part preceded by its length."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        transport = b"\x02" if "BinaryValue" in attribute else b"\x01"
        digest.update(_with_length(name.encode()))
        digest.update(_with_length(attribute["DataType"].encode()) + transport)
        digest.update(_with_length(_value(attribute)))
    return digest.hexdigest()


def freeze(message: Message) -> str:
    """The part of a message that never changes, for the journal."""
    return json.dumps([message.id, message.sent, *message.draft])


def state_of(queue: str, message: Message) -> str:
    """The part of a message that changes, for the journal."""
    times = [message.visible_at, message.receives, message.first_received]
    return json.dumps([queue, *times, message.source])


def thaw(seq: int, fixed: str, state: str) -> tuple[str, Message]:
    """The queue's name and the message."""
    identity, sent, *draft = json.loads(fixed)
    queue, visible_at, receives, first_received, source = json.loads(state)
    message = Message(
        seq, identity, Draft(*draft), sent, visible_at, receives, first_received, source
    )
    return queue, message


def _with_length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _value(attribute: Mapping[str, str]) -> bytes:
    if "BinaryValue" in attribute:
        return base64.b64decode(attribute["BinaryValue"])
    return attribute["StringValue"].encode()


def _check_attributes(attributes: Attributes) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        message = (
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
        )
        raise SqsError("InvalidParameterValue", message)
    for name, attribute in attributes.items():
        if (fault := _fault(name, attribute)) is not None:
            raise SqsError("InvalidParameterValue", f"The message attribute '{name}' {fault}")


def _fault(name: str, attribute: Mapping[str, Any]) -> str | None:
    kind = str(attribute.get("DataType", "")).partition(".")[0]
    value = attribute.get("BinaryValue" if kind == "Binary" else "StringValue")
    if not _ATTRIBUTE_NAME.fullmatch(name):
        return "has an invalid name."
    if kind not in {"String", "Number", "Binary"}:
        return "has an invalid message attribute type."
    if not value:
        return "must contain a non-empty value of its type."
    if kind == "Number" and not _NUMBER.fullmatch(value):
        return "has a value that is no number."
    return None
