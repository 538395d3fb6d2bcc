"""The customer's live sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.identity import LiveSession, Sessions
from hub.application.ports.system import Clock
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class ListSessions:
    sessions: Sessions
    clock: Clock

    def __call__(self, customer_id: CustomerId) -> Sequence[LiveSession]:
        return self.sessions.of(customer_id, self.clock.now())
