"""The customer's live sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.identity import Devices, LiveSession
from hub.application.ports.system import Clock
from hub.domain.kernel import CustomerId


@dataclass(frozen=True, slots=True)
class ListSessions:
    devices: Devices
    clock: Clock

    def __call__(self, customer_id: CustomerId) -> Sequence[LiveSession]:
        return self.devices.of(customer_id, self.clock.now())
