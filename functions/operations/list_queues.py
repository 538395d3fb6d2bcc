"""GET /admin/queues: the queues, and what lies in each."""

from hub.application.admin import Administrator
from hub.application.operations.list_queues import AgedQueue
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class QueueOut(Outgoing):
    """Counts of messages, as near as SQS tells them. `dead_letters` is the queue behind.

    `oldest` is how many seconds ago the oldest message was sent, as CloudWatch has it, which is a
    few minutes late; 0 where there is none, null where nothing was told for ten minutes.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    oldest: float | None
    dead_letters: str | None


class QueuesOut(Outgoing):
    queues: list[QueueOut]


@api.get("/admin/queues", scope="admin", problems=(503,))
def list_queues(caller: Caller, request: Request) -> QueuesOut:
    who = Administrator(caller.customer_id, request.trace_id)
    return QueuesOut(queues=[_queue_out(each) for each in hub().list_queues(who)])


def _queue_out(queue: AgedQueue) -> QueueOut:
    oldest = None if queue.oldest is None else queue.oldest.total_seconds()
    return QueueOut(oldest=oldest, **queue.state._asdict())


handler = api.handler()
