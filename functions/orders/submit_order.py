"""POST /orders: take an order; ProcessOrder fills it later."""

from typing import Annotated

from pydantic import Field

from hub.application.orders.submit_order import SubmitOrderCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId, Fault, InvalidInputError
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import OrderType, Side, TimeInForce, status_of
from hub.entrypoints.http import Answer, Api, Caller, Request
from hub.entrypoints.wire import (
    Choice,
    Incoming,
    Moment,
    Money,
    Outgoing,
    PercentIn,
    PriceIn,
    QuantityIn,
    Symbol,
    UuidText,
)

api = Api(hub)

MAX_CLIENT_ORDER_ID = 128


class OrderIn(Incoming):
    """`account_id` may be left out by a customer with one account."""

    account_id: UuidText | None = None
    client_order_id: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_CLIENT_ORDER_ID,
            pattern=r"\S",
            description="unique per account",
        ),
    ] = None
    symbol: Symbol
    side: Annotated[Side, Choice]
    type: Annotated[OrderType, Choice]
    quantity: QuantityIn
    limit_price: PriceIn | None = None
    stop_price: PriceIn | None = None
    trail_price: PriceIn | None = None
    trail_percent: PercentIn | None = None
    time_in_force: Annotated[TimeInForce, Choice] = TimeInForce.DAY


class SubmittedOut(Outgoing):
    order_id: str
    client_order_id: str
    account_id: str
    status: str
    state: str
    submitted_at: Moment
    market_price: Money


def _client_order_id(given: str | None, key: str | None) -> str | None:
    """The header is another place for the same id (order-semantics 7)."""
    if key is not None and given not in {None, key}:
        fault = Fault("Idempotency-Key", "same", "it names another order than client_order_id")
        raise InvalidInputError("the request has two keys", faults=(fault,))
    if key is not None and len(key) > MAX_CLIENT_ORDER_ID:
        fault = Fault("Idempotency-Key", "string_too_long", "at most 128 characters for an order")
        raise InvalidInputError("the key is too long", faults=(fault,))
    return given or key


@api.post("/orders", status=202, problems=(403, 404, 409, 422, 503))
def submit_order(order: OrderIn, caller: Caller, request: Request) -> Answer:
    submitted = hub().submit_order(
        SubmitOrderCommand(
            caller.customer_id,
            AccountId(order.account_id) if order.account_id else None,
            _client_order_id(order.client_order_id, request.idempotency_key),
            NewOrder(
                order.symbol,
                order.side,
                order.type,
                order.time_in_force,
                order.quantity,
                order.limit_price,
                order.stop_price,
                order.trail_price,
                order.trail_percent,
            ),
            request.trace_id,
        )
    )
    taken = submitted.order
    body = SubmittedOut(
        order_id=taken.order_id,
        client_order_id=taken.client_order_id,
        account_id=taken.account_id,
        status=status_of(taken.state),
        state=taken.state,
        submitted_at=taken.created_at,
        market_price=taken.market_price,
    )
    return Answer(body, 200 if submitted.repeated else 202)


handler = api.handler()
