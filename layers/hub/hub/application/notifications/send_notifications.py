"""Send what is due: what waited for its hour, and what could not be sent before."""

from dataclasses import dataclass
from datetime import timedelta

from hub.application.notifications.delivering import Delivering
from hub.application.ports.notifications import Notifications
from hub.application.ports.system import Clock

MOST_RECIPIENTS = 200
# So long it can be seen what a customer was told.
KEPT = timedelta(days=90)
MOST_FORGOTTEN = 500


@dataclass(frozen=True, slots=True)
class SendNotifications:
    notifications: Notifications
    delivering: Delivering
    clock: Clock

    def __call__(self) -> int:
        """How many messages left."""
        now = self.clock.now()
        left = self.delivering(self.notifications.due(now, MOST_RECIPIENTS))
        self.notifications.prune(now - KEPT, MOST_FORGOTTEN)
        return left
