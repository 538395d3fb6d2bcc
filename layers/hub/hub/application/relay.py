"""Carries the outbox to queues and bus: right after a commit, and again for what stayed behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports import Message, Outbox, Publisher


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
            self.outbox.forget(taken)
        return len(taken)
