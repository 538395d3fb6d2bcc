"""GET /orders: the caller's orders, newest first, each with those that belong to it."""

from typing import Annotated, Literal

from pydantic import Field

from hub.application.orders.list_order_history import place_of
from hub.application.ports.orders import OrderFilter
from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.domain.orders.order import OPEN, Side, State
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.views import NestedOrderOut, nested_order_out
from hub.entrypoints.wire import MomentIn, Outgoing, PageSize, SymbolList, UuidText

api = Api(hub)

Openness = Literal["open", "closed", "all"]


class OrdersOut(Outgoing):
    """`next_cursor` asks for the page after this one; it is null on the last."""

    orders: list[NestedOrderOut]
    next_cursor: str | None


@api.get("/orders", problems=(404,))
def list_orders(  # noqa: PLR0917  # its parameters are the query's
    caller: Caller,
    account_id: UuidText | None = None,
    status: Openness = "all",
    state: State | None = None,
    symbols: SymbolList = (),
    side: Side | None = None,
    after: MomentIn | None = None,
    until: MomentIn | None = None,
    nested: bool = False,
    limit: PageSize = 50,
    cursor: Annotated[str, Field(max_length=200)] | None = None,
) -> OrdersOut:
    states = [each for each in State if status == "all" or (each in OPEN) == (status == "open")]
    if state is not None:
        states = [each for each in states if each is state]
    page = hub().list_orders(
        OrderFilter(
            customer_id=caller.customer_id,
            account_id=AccountId(account_id) if account_id else None,
            symbols=tuple(symbols),
            side=side,
            states=tuple(states),
            nested=nested,
            after=after,
            until=until,
            before=place_of(cursor) if cursor else None,
            limit=limit,
        )
    )
    return OrdersOut(
        orders=[
            nested_order_out(order, page.legs.get(order.order_id, []) if nested else None)
            for order in page.orders
        ],
        next_cursor=page.next_cursor,
    )


handler = api.handler()
