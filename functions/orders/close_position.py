"""DELETE /positions/{symbol}: sell a position at the market."""

from hub.application.orders.close_position import ClosePositionCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import QuantityIn, ShareIn, Symbol, UuidText

api = Api(hub)


@api.delete("/positions/{symbol}", status=202, problems=(403, 404, 409, 422, 503))
def close_position(  # noqa: PLR0917  # its parameters are the query's
    symbol: Symbol,
    caller: Caller,
    request: Request,
    account_id: UuidText | None = None,
    quantity: QuantityIn | None = None,
    percentage: ShareIn | None = None,
    cancel_orders: bool = False,
) -> OrderOut:
    order = hub().close_position(
        ClosePositionCommand(
            caller.customer_id,
            AccountId(account_id) if account_id else None,
            symbol,
            quantity,
            percentage,
            cancel_orders,
            request.idempotency_key,
            request.trace_id,
        )
    )
    return order_out(order)


handler = api.handler()
