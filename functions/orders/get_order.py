"""GET /orders/{order_id}: one order."""

from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import UuidText

api = Api(hub)


@api.get("/orders/{order_id}", problems=(404,))
def get_order(order_id: UuidText, caller: Caller) -> OrderOut:
    return order_out(hub().get_order(caller.customer_id, OrderId(order_id)))


handler = api.handler()
