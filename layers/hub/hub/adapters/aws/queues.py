"""The queues of SQS, as those who run the platform see them."""

import json
from collections.abc import Mapping, Sequence

from hub.adapters.aws.signed import AwsError, AwsJson
from hub.application.ports.operations import QueueState
from hub.domain.kernel import ConflictError

_WANTED = (
    "QueueArn",
    "RedrivePolicy",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsQueues:
    """`urls` by purpose."""

    def __init__(self, sqs: AwsJson, urls: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._urls = urls

    def state(self) -> Sequence[QueueState]:
        found = {name: attributes_of(self._sqs, url) for name, url in self._urls.items()}
        by_arn = {attributes["QueueArn"]: name for name, attributes in found.items()}
        return [_state(name, attributes, by_arn) for name, attributes in found.items()]


class SqsRedrives:
    def __init__(self, sqs: AwsJson, urls: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._urls = urls

    def start(self, name: str) -> None:
        arn = attributes_of(self._sqs, self._urls[name])["QueueArn"]
        try:
            self._sqs.call("StartMessageMoveTask", {"SourceArn": arn})
        except AwsError as error:
            if error.kind.endswith("UnsupportedOperation"):
                raise ConflictError("it is being redriven", code="redrive_under_way") from error
            raise


def attributes_of(sqs: AwsJson, url: str) -> Mapping[str, str]:
    answer = sqs.call("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": list(_WANTED)})
    attributes: Mapping[str, str] = answer["Attributes"]
    return attributes


def _state(name: str, attributes: Mapping[str, str], by_arn: Mapping[str, str]) -> QueueState:
    policy = json.loads(attributes.get("RedrivePolicy") or "{}")
    return QueueState(
        name,
        int(attributes["ApproximateNumberOfMessages"]),
        int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        int(attributes["ApproximateNumberOfMessagesDelayed"]),
        by_arn.get(policy.get("deadLetterTargetArn", "")),
    )
