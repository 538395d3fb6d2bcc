"""Publish what happened to a batch of orders; what cannot be sent now stays in the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.messages import Message
from hub.application.relay import Relay


@dataclass(frozen=True, slots=True)
class AnnounceOrders:
    relay: Relay

    def __call__(self, messages: Sequence[Message]) -> int:
        """How many were published."""
        return self.relay.send(messages)
