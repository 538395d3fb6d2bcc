"""The AWS wire protocol of the twins: JSON bodies, the action in `X-Amz-Target`, errors as AWS's.

Each twin (queues, event bus, state machines, secrets) is a `Twin`; the endpoint server finds it
by the prefix of the target header (`AmazonSQS.SendMessage`: prefix `AmazonSQS`, action
`SendMessage`).
"""

from typing import Any, Protocol


class ApiError(Exception):
    """An answer that the caller's SDK raises under the name `code`."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Twin(Protocol):
    """One service's calls, as parsed JSON in and out. Raises ApiError."""

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]: ...
