"""Tells the bus of what concerns no single account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.application.books import Destination, domain_event
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.system import Ids
from hub.domain.kernel import AccountId, UnavailableError

PLATFORM = AccountId("00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Alarms:
    publisher: Publisher
    ids: Ids

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Raises UnavailableError when it was not taken: who tells, tries again."""
        body = domain_event(kind, PLATFORM, detail)
        message = Message(self.ids.new(), PLATFORM, Destination.BUS, body)
        if not self.publisher.publish([message]):
            raise UnavailableError(f"nobody took {kind}", code="bus")
