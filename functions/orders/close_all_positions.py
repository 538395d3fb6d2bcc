"""DELETE /positions: sell everything that an account holds at the market."""

from hub.application.orders.close_all_positions import CloseAllPositionsCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import Outgoing, UuidText

api = Api(hub)


class ClosingOut(Outgoing):
    """The order that sells, or the code of what was in its way."""

    symbol: str
    order: OrderOut | None
    code: str | None
    detail: str | None


class AllClosingOut(Outgoing):
    positions: list[ClosingOut]


@api.delete("/positions", status=202, problems=(404, 503))
def close_all_positions(
    caller: Caller,
    request: Request,
    account_id: UuidText | None = None,
    cancel_orders: bool = False,
) -> AllClosingOut:
    results = hub().close_all_positions(
        CloseAllPositionsCommand(
            caller.customer_id,
            AccountId(account_id) if account_id else None,
            cancel_orders,
            request.trace_id,
        )
    )
    return AllClosingOut(
        positions=[
            ClosingOut(
                symbol=result.symbol,
                order=order_out(result.order) if result.order else None,
                code=result.refusal.code if result.refusal else None,
                detail=result.refusal.detail if result.refusal else None,
            )
            for result in results
        ]
    )


handler = api.handler()
