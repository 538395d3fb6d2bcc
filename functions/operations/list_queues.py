"""GET /admin/queues: the queues, and what lies in each."""

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class QueueOut(Outgoing):
    """Counts of messages, as near as SQS tells them. `dead_letters` is the queue behind."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters: str | None


class QueuesOut(Outgoing):
    queues: list[QueueOut]


@api.get("/admin/queues", scope="admin", problems=(503,))
def list_queues(caller: Caller, request: Request) -> QueuesOut:
    who = Administrator(caller.customer_id, request.trace_id)
    return QueuesOut(queues=[QueueOut(**each._asdict()) for each in hub().list_queues(who)])


handler = api.handler()
