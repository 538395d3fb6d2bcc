"""PUT /orders/{order_id}/cancel: cancel an open order."""

from hub.application.orders.cancel_order import CancelOrderCommand
from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.domain.orders.order import status_of
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Moment, Outgoing, UuidText

api = Api(hub)


class CanceledOut(Outgoing):
    order_id: str
    status: str
    state: str
    updated_at: Moment


@api.put("/orders/{order_id}/cancel", status=202, problems=(404, 422))
def cancel_order(order_id: UuidText, caller: Caller, request: Request) -> CanceledOut:
    order = hub().cancel_order(
        CancelOrderCommand(caller.customer_id, OrderId(order_id), request.trace_id)
    )
    return CanceledOut(
        order_id=order.order_id,
        status=status_of(order.state),
        state=order.state,
        updated_at=order.updated_at,
    )


handler = api.handler()
