"""GET /admin/executions: the runs of state machines for an order."""

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Moment, Outgoing, UuidText

api = Api(hub)


class MachineRunOut(Outgoing):
    name: str
    status: str
    started_at: Moment
    stopped_at: Moment | None
    error: str | None
    cause: str | None


class MachineRunsOut(Outgoing):
    order_id: str
    executions: list[MachineRunOut]


@api.get("/admin/executions", scope="admin", problems=(404, 503))
def list_machine_runs(order_id: UuidText, caller: Caller, request: Request) -> MachineRunsOut:
    who = Administrator(caller.customer_id, request.trace_id)
    runs = hub().list_machine_runs(who, OrderId(order_id))
    shown = [MachineRunOut(**run._asdict()) for run in runs]
    return MachineRunsOut(order_id=order_id, executions=shown)


handler = api.handler()
