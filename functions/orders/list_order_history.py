"""GET /orders/history: the caller's orders, newest first."""

from typing import Annotated

from pydantic import Field

from hub.application.orders.list_order_history import place_of
from hub.application.ports.orders import OrderFilter
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.domain.orders.order import Side, State, status_of
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.views import OrderOut, order_out
from hub.entrypoints.wire import MomentIn, Outgoing, PageSize, Status, SymbolList, UuidText

api = Api(hub)


class OrderPageOut(Outgoing):
    """`next_cursor` asks for the page after this one; it is null on the last."""

    orders: list[OrderOut]
    next_cursor: str | None


@api.get("/orders/history", problems=(404,))
def list_order_history(  # noqa: PLR0917  # its parameters are the query's
    caller: Caller,
    account_id: UuidText | None = None,
    status: Status | None = None,
    state: State | None = None,
    symbols: SymbolList = (),
    side: Side | None = None,
    after: MomentIn | None = None,
    until: MomentIn | None = None,
    limit: PageSize = 50,
    cursor: Annotated[str, Field(max_length=200)] | None = None,
) -> OrderPageOut:
    states = [each for each in State if status is None or status_of(each) == status]
    if state is not None:
        states = [each for each in states if each is state]
    page = hub().list_order_history(
        OrderFilter(
            customer_id=caller.customer_id,
            account_id=AccountId(account_id) if account_id else None,
            symbols=tuple(symbols),
            side=side,
            states=tuple(states),
            after=after,
            until=until,
            before=place_of(cursor) if cursor else None,
            limit=limit,
        )
    )
    return OrderPageOut(
        orders=[order_out(order) for order in page.orders], next_cursor=page.next_cursor
    )


handler = api.handler()
