"""Send again what an interrupted use case left in the outbox."""

from dataclasses import dataclass
from datetime import timedelta

from hub.application.ports.messages import Outbox
from hub.application.ports.system import Clock
from hub.application.relay import Relay

LEFT_BEHIND = timedelta(seconds=5)
BATCH = 100


@dataclass(frozen=True, slots=True)
class SweepOutbox:
    relay: Relay
    outbox: Outbox
    clock: Clock

    def __call__(self) -> int:
        """How many messages were sent: batch after batch, until one is not taken whole."""
        sent = 0
        while True:
            with self.outbox.claim(self.clock.now() - LEFT_BEHIND, BATCH) as messages:
                taken = self.relay.send(messages)
            sent += taken
            if taken < BATCH:
                return sent
