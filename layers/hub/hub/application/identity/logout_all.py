"""End every session of the customer."""

from dataclasses import dataclass

from hub.application.ports.identity import Sessions
from hub.application.ports.system import Clock
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class LogoutAll:
    sessions: Sessions
    clock: Clock

    def __call__(self, customer_id: CustomerId) -> int:
        """How many it were."""
        return self.sessions.end_all(customer_id, Ending.LOGOUT, self.clock.now())
