"""Choose what to be told, where and when; it holds for what happens from now on."""

from dataclasses import dataclass

from hub.application.ports.notifications import CustomersPreferences
from hub.application.ports.system import Clock
from hub.domain.kernel import CustomerId
from hub.domain.notifications.preferences import Preferences, check_preferences


@dataclass(frozen=True, slots=True)
class ReplaceNotificationPreferences:
    preferences: CustomersPreferences
    clock: Clock

    def __call__(self, customer_id: CustomerId, wanted: Preferences) -> None:
        """Raises InvalidInputError, and RejectedError for texts to a phone that nobody named."""
        check_preferences(wanted)
        self.preferences.replace(customer_id, wanted, self.clock.now())
