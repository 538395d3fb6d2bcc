"""Carries the outbox to queues and bus: right after a commit, and again for what stayed behind."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.books import Books
from hub.application.ports.messages import Message, Outbox, Publisher
from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Relay:
    """At least once: a crash between publishing and forgetting sends a message twice."""

    publisher: Publisher
    outbox: Outbox

    def send(self, messages: Sequence[Message]) -> int:
        """Publish and forget. How many were taken; the rest stay in the outbox."""
        if not messages:
            return 0
        taken = self.publisher.publish(messages)
        if taken:
            try:
                self.outbox.forget(taken)
            except UnavailableError as error:
                # What was asked for has happened; the sweeper sends these once more.
                logger.warning("%d sent messages stay in the outbox: %s", len(taken), error.detail)
        return len(taken)


def messages_of(books: Books) -> list[Message]:
    """What a transaction has left in the outbox, to be sent once it has committed."""
    return [
        Message(row.message_id, row.account_id, row.destination, row.body) for row in books.messages
    ]
