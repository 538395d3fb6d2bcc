"""POST /admin/queues/{name}/redrive: dead letters go back to where they came from."""

from typing import Annotated

from pydantic import Field

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import Reason
from hub.entrypoints.wire import Outgoing

api = Api(hub)

QueueName = Annotated[str, Field(max_length=80, pattern=r"^[a-z-]+$", examples=["orders-dlq"])]


class RedrivenOut(Outgoing):
    """`messages` is about how many go back."""

    name: str
    messages: int


@api.post("/admin/queues/{name}/redrive", scope="admin", problems=(404, 409, 422, 503), status=202)
def redrive_queue(name: QueueName, why: Reason, caller: Caller, request: Request) -> RedrivenOut:
    who = Administrator(caller.customer_id, request.trace_id)
    return RedrivenOut(name=name, messages=hub().redrive_queue(who, name, why.reason))


handler = api.handler()
