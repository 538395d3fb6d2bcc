"""POST /admin/orders/{order_id}/cancel: cancel an order by hand."""

from hub.application.admin import Administrator
from hub.application.operations.deciding import OrderDecision
from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import DecidedOut, Reason, decided_out
from hub.entrypoints.wire import UuidText

api = Api(hub)


@api.post("/admin/orders/{order_id}/cancel", scope="admin", problems=(404, 422), status=202)
def cancel_stuck_order(
    order_id: UuidText, why: Reason, caller: Caller, request: Request
) -> DecidedOut:
    who = Administrator(caller.customer_id, request.trace_id)
    decision = OrderDecision(who, OrderId(order_id), why.reason)
    return decided_out(hub().cancel_stuck_order(decision))


handler = api.handler()
