"""GET /admin/orders: orders that do not move on by themselves, or wait for a person."""

from typing import Literal

from hub.application.admin import Administrator
from hub.application.ports.operations import TroubledOrder
from hub.bootstrap import hub
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import Moment, Outgoing, PageSize

api = Api(hub)


class RecoveryOut(Outgoing):
    """Where the order stands on the ladder. `reason` is why the last try failed."""

    state: str
    episode: int
    failed_tries: int
    reason: str
    next_try_at: Moment | None
    began_at: Moment


class TroubledOrderOut(Outgoing):
    """`recovery` is null for an order that nothing brings back."""

    order: OrderOut
    recovery: RecoveryOut | None


class TroubledOrdersOut(Outgoing):
    orders: list[TroubledOrderOut]


@api.get("/admin/orders", scope="admin")
def list_troubled_orders(
    caller: Caller,
    request: Request,
    state: Literal["stuck", "manual"] = "stuck",
    limit: PageSize = 100,
) -> TroubledOrdersOut:
    who = Administrator(caller.customer_id, request.trace_id)
    found = hub().list_troubled_orders(who, manual=state == "manual", limit=limit)
    return TroubledOrdersOut(orders=[_out(each) for each in found])


def _out(troubled: TroubledOrder) -> TroubledOrderOut:
    its = troubled.recovery
    recovery = its and RecoveryOut(
        state=its.state,
        episode=its.episode,
        failed_tries=its.tries,
        reason=its.reason,
        next_try_at=its.next_try_at,
        began_at=its.began_at,
    )
    return TroubledOrderOut(order=order_out(troubled.order), recovery=recovery)


handler = api.handler()
