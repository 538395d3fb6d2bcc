"""Sends outbox messages to their queues (SQS) and to the bus (EventBridge)."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from hub.adapters.aws.signed import AwsJson
from hub.application.books import Destination
from hub.application.ports.messages import Message
from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)

_BATCH = 10
SOURCE = "hub"


class AwsPublisher:
    """`queue_urls` by destination. The account is the group of a message: one noisy customer
    does not starve the others."""

    def __init__(
        self, sqs: AwsJson, events: AwsJson, queue_urls: Mapping[str, str], bus: str
    ) -> None:
        self._sqs = sqs
        self._events = events
        self._queue_urls = queue_urls
        self._bus = bus

    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        taken: list[str] = []
        for destination, batch in _batches(messages):
            try:
                if destination == Destination.BUS:
                    taken += self._put_events(batch)
                else:
                    taken += self._send(self._queue_urls[destination], batch)
            except UnavailableError as error:
                logger.warning("%d messages stay in the outbox: %s", len(batch), error)
        return taken

    def _send(self, queue_url: str, batch: Sequence[Message]) -> list[str]:
        entries = [
            {
                "Id": str(index),
                "MessageBody": message.body,
                "MessageGroupId": message.account_id,
            }
            for index, message in enumerate(batch)
        ]
        answer = self._sqs.call("SendMessageBatch", {"QueueUrl": queue_url, "Entries": entries})
        return [batch[int(each["Id"])].message_id for each in answer.get("Successful", ())]

    def _put_events(self, batch: Sequence[Message]) -> list[str]:
        entries = [
            {
                "Source": SOURCE,
                "DetailType": json.loads(message.body)["type"],
                "Detail": message.body,
                "EventBusName": self._bus,
            }
            for message in batch
        ]
        answer = self._events.call("PutEvents", {"Entries": entries})
        outcomes = zip(batch, answer["Entries"], strict=True)
        return [message.message_id for message, entry in outcomes if "EventId" in entry]


def _batches(messages: Sequence[Message]) -> Iterator[tuple[str, Sequence[Message]]]:
    ordered = sorted(messages, key=lambda message: message.destination)
    for destination, group in groupby(ordered, key=lambda message: message.destination):
        members = list(group)
        for start in range(0, len(members), _BATCH):
            yield destination, members[start : start + _BATCH]
