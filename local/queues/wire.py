"""What the requests of the SQS API say and its answers look like, apart from any queue."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from local.queues.errors import SqsError, no_such_queue
from local.queues.message import Attributes, Draft, md5_of_attributes, md5_of_body

Body = dict[str, Any]
BATCH = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def required(body: Body, parameter: str) -> str:
    value = body.get(parameter)
    if not isinstance(value, str) or not value:
        text = f"The request must contain the parameter {parameter}."
        raise SqsError("MissingParameter", text)
    return value


def number(body: Body, parameter: str, default: int | None) -> int:
    value = body.get(parameter, default)
    if not isinstance(value, int):
        raise SqsError("InvalidParameterValue", f"{parameter} must be a whole number.")
    return value


def optional_number(body: Body, parameter: str) -> int | None:
    return None if body.get(parameter) is None else number(body, parameter, None)


def queue_name(body: Body) -> str:
    """Only the last part of the URL counts: host and port depend on who asks."""
    url = body.get("QueueUrl")
    if not isinstance(url, str) or not url:
        raise no_such_queue()
    return url.rstrip("/").rpartition("/")[2]


def draft_of(body: Body) -> Draft:
    if body.get("MessageDeduplicationId") is not None:
        text = "The request include parameter that is not valid for this queue type"
        raise SqsError("InvalidParameterValue", text)
    system = body.get("MessageSystemAttributes") or {}
    return Draft(
        body.get("MessageBody") or "",
        optional_number(body, "DelaySeconds"),
        body.get("MessageGroupId"),
        body.get("MessageAttributes") or {},
        system.get("AWSTraceHeader", {}).get("StringValue"),
    )


def sent(identity: str, draft: Draft) -> Body:
    answer = {"MessageId": identity, "MD5OfMessageBody": md5_of_body(draft.body)}
    if draft.attributes:
        answer["MD5OfMessageAttributes"] = md5_of_attributes(draft.attributes)
    if draft.trace is not None:
        system = {"AWSTraceHeader": {"DataType": "String", "StringValue": draft.trace}}
        answer["MD5OfMessageSystemAttributes"] = md5_of_attributes(system)
    return answer


def selected(attributes: Attributes, wanted: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """`All`, `.*`, a name, or a prefix as `name.*`."""
    if "All" in wanted or ".*" in wanted:
        return attributes
    prefixes = tuple(name[:-2] for name in wanted if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in wanted or (prefixes and name.startswith(prefixes))
    }


def entries_of(body: Body, action: str) -> list[Body]:
    entries: list[Body] = body.get("Entries") or []
    if not entries:
        text = f"There should be at least one {action}MessageBatchRequestEntry in the request."
        raise SqsError("EmptyBatchRequest", text)
    if len(entries) > BATCH:
        text = f"Maximum number of entries per request are {BATCH}. You have sent {len(entries)}."
        raise SqsError("TooManyEntriesInBatchRequest", text)
    seen: set[str] = set()
    for entry in entries:
        _check_id(entry.get("Id"), seen)
    return entries


def _check_id(identity: object, seen: set[str]) -> None:
    if not isinstance(identity, str) or not _ENTRY_ID.fullmatch(identity):
        text = (
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        )
        raise SqsError("InvalidBatchEntryId", text)
    if identity in seen:
        raise SqsError("BatchEntryIdsNotDistinct", f"Id {identity} repeated.")
    seen.add(identity)


def failure(identity: str, error: SqsError) -> Body:
    return {"Id": identity, "SenderFault": True, "Code": error.query_code, "Message": error.message}


def outcome(entries: Sequence[Body], errors: Sequence[SqsError | None]) -> Body:
    pairs = list(zip(entries, errors, strict=True))
    return {
        "Successful": [{"Id": entry["Id"]} for entry, error in pairs if error is None],
        "Failed": [failure(entry["Id"], error) for entry, error in pairs if error is not None],
    }
