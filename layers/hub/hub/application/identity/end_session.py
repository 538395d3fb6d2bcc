"""End one session of the customer's, wherever it is."""

from dataclasses import dataclass

from hub.application.ports.identity import Sessions
from hub.application.ports.system import Clock
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import CustomerId, NotFoundError


@dataclass(frozen=True, slots=True)
class EndSession:
    sessions: Sessions
    clock: Clock

    def __call__(self, customer_id: CustomerId, session_id: str) -> None:
        """Raises NotFoundError, also for another's session and one that is over."""
        now = self.clock.now()
        if not self.sessions.end(customer_id, session_id, Ending.ENDED_BY_CUSTOMER, now):
            raise NotFoundError("there is no such session")
