"""Show what a customer wants to be told, where and when."""

from dataclasses import dataclass

from hub.application.ports.notifications import CustomersPreferences
from hub.domain.kernel import CustomerId
from hub.domain.notifications.preferences import Preferences


@dataclass(frozen=True, slots=True)
class GetNotificationPreferences:
    preferences: CustomersPreferences

    def __call__(self, customer_id: CustomerId) -> Preferences:
        return self.preferences.of(customer_id)
