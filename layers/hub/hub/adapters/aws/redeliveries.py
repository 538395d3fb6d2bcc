"""When SQS delivers a failed message again."""

from collections.abc import Sequence

from hub.adapters.aws.signed import AwsJson
from hub.application.ports.messages import Failed


class SqsRedeliveries:
    """Of the queues of these URLs, which end with the queue's name."""

    def __init__(self, sqs: AwsJson, urls: Sequence[str]) -> None:
        self._sqs = sqs
        self._urls = {url.rpartition("/")[2]: url for url in urls}

    def hide(self, failed: Failed, seconds: int) -> None:
        self._sqs.call(
            "ChangeMessageVisibility",
            {
                "QueueUrl": self._urls[failed.queue],
                "ReceiptHandle": failed.receipt,
                "VisibilityTimeout": seconds,
            },
        )
