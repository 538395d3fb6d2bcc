"""End the session that asks."""

from dataclasses import dataclass

from hub.application.ports.identity import Sessions
from hub.application.ports.system import Clock
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class Logout:
    sessions: Sessions
    clock: Clock

    def __call__(self, customer_id: CustomerId, session_id: str) -> None:
        self.sessions.end(customer_id, session_id, Ending.LOGOUT, self.clock.now())
