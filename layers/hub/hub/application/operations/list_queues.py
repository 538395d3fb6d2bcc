"""The queues, what lies in each, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.operations import QueueAges, Queues, QueueState


class AgedQueue(NamedTuple):
    """`oldest` is the age of its oldest message, None where nobody told it lately."""

    state: QueueState
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class ListQueues:
    queues: Queues
    ages: QueueAges
    record: AdminRecord

    def __call__(self, who: Administrator) -> Sequence[AgedQueue]:
        self.record(who, "list_queues", {})
        oldest = self.ages.oldest()
        return [AgedQueue(state, oldest.get(state.name)) for state in self.queues.state()]
