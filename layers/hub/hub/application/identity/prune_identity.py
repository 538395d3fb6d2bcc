"""Delete what is long over: sessions with their tokens, one-time tokens, keys, attempts."""

from dataclasses import dataclass
from datetime import timedelta

from hub.application.ports.identity import Past, Remains
from hub.application.ports.system import Clock
from hub.domain.identity.attempts import MEMORY
from hub.domain.identity.sessions import IDLE

# So long somebody may still ask from where an account was used.
KEPT = timedelta(days=90)
BATCH = 500
MOST_BATCHES = 40


@dataclass(frozen=True, slots=True)
class PruneIdentity:
    remains: Remains
    clock: Clock

    def __call__(self) -> int:
        """How many rows went, batch after batch. What is left after the last goes next time."""
        now = self.clock.now()
        over = now - KEPT
        past = Past(over=over, used=over - IDLE, attempted=now - MEMORY)
        pruned = 0
        for _ in range(MOST_BATCHES):
            done = self.remains.prune(past, BATCH)
            pruned += done
            if not done:
                break
        return pruned
