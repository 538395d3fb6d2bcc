"""How work and news leave: messages, the outbox behind them, and the workflow."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from hub.domain.kernel import AccountId


class Message(NamedTuple):
    """One line of the outbox. `destination` is a queue's or the bus's name in Destination."""

    message_id: str
    account_id: AccountId
    destination: str
    body: str


class Publisher(Protocol):
    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        """Send each to its destination. The ids of those that were taken."""


class Outbox(Protocol):
    def forget(self, message_ids: Sequence[str]) -> None: ...

    def claim(self, moment: datetime, limit: int) -> AbstractContextManager[Sequence[Message]]:
        """Messages older than `moment` that nobody else has claimed, oldest first."""


class Failed(NamedTuple):
    """A message that a worker could not process, as its queue handed it out."""

    queue: str
    receipt: str
    deliveries: int


class Redeliveries(Protocol):
    def hide(self, failed: Failed, seconds: int) -> None:
        """Not to be delivered before so many seconds have passed. Raises UnavailableError."""


class Workflow(Protocol):
    def process(self, orders: Sequence[Mapping[str, str]], trace_id: str) -> Sequence[str]:
        """Run ProcessOrder over a batch. The ids of the orders that failed."""
