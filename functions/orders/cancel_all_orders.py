"""DELETE /orders: cancel the caller's open orders, all or those of some symbols."""

from hub.application.orders.cancel_all_orders import CancelAllOrdersCommand
from hub.application.ports.orders import OpenOrders
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.domain.orders.order import Side, status_of
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.wire import Outgoing, SymbolList, UuidText

api = Api(hub)


class CanceledOut(Outgoing):
    """`canceled` is false for an order that ended before its turn came."""

    order_id: str
    canceled: bool
    status: str
    state: str


class AllCanceledOut(Outgoing):
    """At most 500 orders, the oldest; `canceled` counts those that this request has ended."""

    canceled: int
    orders: list[CanceledOut]


@api.delete("/orders", problems=(404, 503))
def cancel_all_orders(
    caller: Caller,
    request: Request,
    account_id: UuidText | None = None,
    symbols: SymbolList = (),
    side: Side | None = None,
) -> AllCanceledOut:
    which = OpenOrders(
        caller.customer_id, AccountId(account_id) if account_id else None, tuple(symbols), side
    )
    results = hub().cancel_all_orders(CancelAllOrdersCommand(which, request.trace_id))
    return AllCanceledOut(
        canceled=sum(result.canceled for result in results),
        orders=[
            CanceledOut(
                order_id=result.order.order_id,
                canceled=result.canceled,
                status=status_of(result.order.state),
                state=result.order.state,
            )
            for result in results
        ],
    )


handler = api.handler()
