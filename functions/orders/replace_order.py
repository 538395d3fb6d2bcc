"""PATCH /orders/{order_id}: replace a working order by a changed one."""

from typing import Annotated

from hub.application.orders.replace_order import ReplaceOrderCommand
from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.domain.orders.order import TimeInForce
from hub.domain.orders.replacing import Changes
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import Choice, DayIn, Incoming, PriceIn, QuantityIn, UuidText

api = Api(hub)


class ChangesIn(Incoming):
    """What is left out stays as it is. `quantity` is the whole order's, with what is filled;
    `trail` the amount or the percent, whichever the order trails by."""

    quantity: QuantityIn | None = None
    limit_price: PriceIn | None = None
    stop_price: PriceIn | None = None
    trail: PriceIn | None = None
    time_in_force: Annotated[TimeInForce | None, Choice] = None
    expire_date: DayIn | None = None


@api.patch("/orders/{order_id}", status=202, problems=(403, 404, 422, 503))
def replace_order(
    order_id: UuidText, changes: ChangesIn, caller: Caller, request: Request
) -> OrderOut:
    wanted = Changes(**dict(changes))
    new = hub().replace_order(
        ReplaceOrderCommand(caller.customer_id, OrderId(order_id), wanted, request.trace_id)
    )
    return order_out(new)


handler = api.handler()
