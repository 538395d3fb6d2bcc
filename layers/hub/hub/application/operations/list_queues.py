"""The queues, and what lies in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.operations import Queues, QueueState


@dataclass(frozen=True, slots=True)
class ListQueues:
    queues: Queues
    record: AdminRecord

    def __call__(self, who: Administrator) -> Sequence[QueueState]:
        self.record(who, "list_queues", {})
        return self.queues.state()
