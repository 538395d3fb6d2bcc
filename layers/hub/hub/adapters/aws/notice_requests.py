"""Requests for notices, by SQS: whoever asks does not learn what becomes of it."""

import json

from hub.adapters.aws.signed import AwsJson
from hub.domain.identity.one_time_tokens import Purpose

VERSION = 1


class SqsNoticeRequests:
    def __init__(self, sqs: AwsJson, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def ask(self, purpose: Purpose, email_index: bytes) -> None:
        body = {"version": VERSION, "purpose": purpose, "email_index": email_index.hex()}
        message = {
            "QueueUrl": self._queue_url,
            "MessageBody": json.dumps(body),
            # One group an address: who asks for many does not make the others wait.
            "MessageGroupId": email_index.hex()[:32],
        }
        self._sqs.call("SendMessage", message)
