"""Meets SQS: a batch of messages in, the ids of those to be delivered again out."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from hub.application.ports.messages import Failed
from hub.entrypoints.logs import logger

VERSION = 1


class Received(NamedTuple):
    """A message whose body is a JSON object of our version."""

    message_id: str
    body: dict[str, str]


def queue_handler(
    process: Callable[[Sequence[Received], str], Sequence[str]],
    postpone: Callable[[Sequence[Failed]], None] | None = None,
) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """`process` gets the readable messages and a trace id, and returns the ids that failed.

    What cannot be read fails as well: after its deliveries it lies in the dead-letter queue.
    `postpone` gets what failed; without it the visibility of the queue decides.
    """

    def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        messages, failed = [], []
        for record in event["Records"]:
            body = _body(record["body"])
            if body is None:
                logger.error("unreadable message", message_id=record["messageId"])
                failed.append(record["messageId"])
            else:
                messages.append(Received(record["messageId"], body))
        failed += process(messages, context.aws_request_id) if messages else []
        if failed:
            logger.warning("messages to be delivered again", message_ids=failed)
            if postpone is not None:
                postpone(
                    [_failed(each) for each in event["Records"] if each["messageId"] in failed]
                )
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    return handle


def _failed(record: Mapping[str, Any]) -> Failed:
    queue = record["eventSourceARN"].rpartition(":")[2]
    deliveries = int(record["attributes"]["ApproximateReceiveCount"])
    return Failed(queue, record["receiptHandle"], deliveries)


def _body(text: str) -> dict[str, str] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.pop("version", None) != VERSION:
        return None
    return body if all(isinstance(value, str) for value in body.values()) else None
