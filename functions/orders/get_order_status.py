"""GET /orders/{order_id}/status: how far an order is, in few words."""

from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.domain.orders.order import CANCELABLE, status_of
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing, UuidText

api = Api(hub)


class StatusOut(Outgoing):
    order_id: str
    status: str
    state: str
    can_cancel: bool
    updated_at: Moment


@api.get("/orders/{order_id}/status", problems=(404,))
def get_order_status(order_id: UuidText, caller: Caller) -> StatusOut:
    order = hub().get_order(caller.customer_id, OrderId(order_id))
    return StatusOut(
        order_id=order.order_id,
        status=status_of(order.state),
        state=order.state,
        can_cancel=order.state in CANCELABLE,
        updated_at=order.updated_at,
    )


handler = api.handler()
