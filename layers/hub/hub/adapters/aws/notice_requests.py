"""Requests for notices, by SQS: whoever asks does not learn what becomes of it."""

import json
from hashlib import sha256

from hub.adapters.aws.signed import AwsJson
from hub.domain.identity.one_time_tokens import Purpose

VERSION = 1


class SqsNoticeRequests:
    def __init__(self, sqs: AwsJson, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def ask(self, purpose: Purpose, email: str) -> None:
        body = {"version": VERSION, "purpose": purpose, "email": email}
        message = {
            "QueueUrl": self._queue_url,
            "MessageBody": json.dumps(body),
            # One group an address: who asks for many does not make the others wait.
            "MessageGroupId": sha256(email.encode()).hexdigest()[:32],
        }
        self._sqs.call("SendMessage", message)
