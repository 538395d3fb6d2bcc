"""POST /admin/orders/{order_id}/fill: fill an order by hand, at a stated price and quantity."""

from hub.application.admin import Administrator
from hub.application.operations.deciding import OrderDecision
from hub.application.operations.fill_order import FillOrderCommand
from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import DecidedOut, Reason, decided_out
from hub.entrypoints.wire import PriceIn, QuantityIn, UuidText

api = Api(hub)


class FillByHand(Reason):
    quantity: QuantityIn
    price: PriceIn


@api.post("/admin/orders/{order_id}/fill", scope="admin", problems=(404, 422), status=202)
def fill_order(
    order_id: UuidText, fill: FillByHand, caller: Caller, request: Request
) -> DecidedOut:
    who = Administrator(caller.customer_id, request.trace_id)
    decision = OrderDecision(who, OrderId(order_id), fill.reason)
    key = request.idempotency_key
    return decided_out(hub().fill_order(FillOrderCommand(decision, fill.quantity, fill.price, key)))


handler = api.handler()
