"""Send what lies in a dead-letter queue back to where it came from."""

from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.operations import Queues, Redrives
from hub.domain.kernel import NotFoundError, RejectedError


class NotRedrivableError(RejectedError):
    code = "not_redrivable"


@dataclass(frozen=True, slots=True)
class RedriveQueue:
    queues: Queues
    redrives: Redrives
    record: AdminRecord

    def __call__(self, who: Administrator, name: str, reason: str) -> int:
        """About how many messages go back.

        Raises NotFoundError, NotRedrivableError for a queue to which no other gives up, and
        ConflictError where it is under way already.
        """
        states = self.queues.state()
        found = next((each for each in states if each.name == name), None)
        if found is None:
            raise NotFoundError("there is no such queue")
        if all(each.dead_letters != name for each in states):
            raise NotRedrivableError(f"no queue gives up to {name}: nothing in it can go back")
        self.record(who, "redrive_queue", {"queue": name, "reason": reason})
        self.redrives.start(name)
        return found.waiting
