"""POST /orders: take an order; ProcessOrder fills it later."""

from typing import Annotated

from pydantic import Field

from hub.application.orders.preview_order import Preview, PreviewOrderCommand
from hub.application.orders.submit_order import SubmitOrderCommand
from hub.bootstrap import hub
from hub.domain.kernel import AccountId, Fault, InvalidInputError
from hub.domain.orders.entry_rules import NewOrder, StopLoss, TakeProfit
from hub.domain.orders.order import OrderClass, OrderType, Side, TimeInForce, status_of
from hub.entrypoints.http import Answer, Api, Caller, Request
from hub.entrypoints.wire import (
    AmountIn,
    Choice,
    DayIn,
    Incoming,
    Moment,
    Money,
    Outgoing,
    PercentIn,
    PriceIn,
    Quantity,
    QuantityIn,
    Symbol,
    UuidText,
)

api = Api(hub)

MAX_CLIENT_ORDER_ID = 128


class TakeProfitIn(Incoming):
    limit_price: PriceIn


class StopLossIn(Incoming):
    """With a `limit_price` a stop-limit, else a stop."""

    stop_price: PriceIn
    limit_price: PriceIn | None = None


class OrderIn(Incoming):
    """`account_id` may be left out by a customer with one account. docs/orders.md has the rules."""

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
    quantity: QuantityIn | None = None
    notional: AmountIn | None = None
    limit_price: PriceIn | None = None
    stop_price: PriceIn | None = None
    trail_price: PriceIn | None = None
    trail_percent: PercentIn | None = None
    time_in_force: Annotated[TimeInForce, Choice] = TimeInForce.DAY
    expire_date: DayIn | None = None
    extended_hours: bool = False
    post_only: bool = False
    order_class: Annotated[OrderClass, Choice] = OrderClass.SIMPLE
    take_profit: TakeProfitIn | None = None
    stop_loss: StopLossIn | None = None


class SubmittedOut(Outgoing):
    order_id: str
    client_order_id: str
    account_id: str
    status: str
    state: str
    submitted_at: Moment
    market_price: Money


class CheckOut(Outgoing):
    """One group of rules, and which of them the order breaks."""

    name: str
    passed: bool
    code: str | None
    detail: str | None
    errors: list[dict[str, str]]


class ExpectedFillOut(Outgoing):
    """`outcome` is filled, partially_filled, rests, queued, or the reason why it would end."""

    outcome: str
    quantity: Quantity
    average_price: Money | None
    value: Money
    fees: dict[str, Money]


class PreviewOut(Outgoing):
    """What would become of the order. `required` and `available` are USD for a buy, shares for a
    sale; nothing was changed."""

    dry_run: bool
    accepted: bool
    checks: list[CheckOut]
    required: Quantity | None
    available: Quantity | None
    expires_at: Moment | None
    expected: ExpectedFillOut | None


def preview_out(preview: Preview) -> PreviewOut:
    expected = preview.expected
    return PreviewOut(
        dry_run=True,
        accepted=preview.accepted,
        checks=[
            CheckOut(
                name=check.name,
                passed=check.passed,
                code=check.code,
                detail=check.detail,
                errors=[fault._asdict() for fault in check.faults],
            )
            for check in preview.checks
        ],
        required=preview.required,
        available=preview.available,
        expires_at=preview.order.expires_at if preview.order else None,
        expected=expected
        and ExpectedFillOut(
            outcome=expected.outcome,
            quantity=expected.quantity,
            average_price=expected.price,
            value=expected.value,
            fees={fee.kind: fee.amount for fee in expected.fees},
        ),
    )


def _client_order_id(given: str | None, key: str | None) -> str | None:
    """The header is another place for the same id (order-semantics 7)."""
    if key is not None and given not in {None, key}:
        fault = Fault("Idempotency-Key", "same", "it names another order than client_order_id")
        raise InvalidInputError("the request has two keys", faults=(fault,))
    if key is not None and len(key) > MAX_CLIENT_ORDER_ID:
        fault = Fault("Idempotency-Key", "string_too_long", "at most 128 characters for an order")
        raise InvalidInputError("the key is too long", faults=(fault,))
    return given or key


def _asked(order: OrderIn) -> NewOrder:
    profit, loss = order.take_profit, order.stop_loss
    return NewOrder(
        order.symbol,
        order.side,
        order.type,
        order.time_in_force,
        order.quantity,
        order.limit_price,
        order.stop_price,
        order.trail_price,
        order.trail_percent,
        order.notional,
        order.expire_date,
        order.extended_hours,
        order.post_only,
        order.order_class,
        TakeProfit(profit.limit_price) if profit else None,
        StopLoss(loss.stop_price, loss.limit_price) if loss else None,
    )


@api.post("/orders", status=202, problems=(403, 404, 409, 422, 503))
def submit_order(
    order: OrderIn, caller: Caller, request: Request, dry_run: bool = False
) -> SubmittedOut | PreviewOut | Answer:
    account_id = AccountId(order.account_id) if order.account_id else None
    key = _client_order_id(order.client_order_id, request.idempotency_key)
    if dry_run:
        wanted = PreviewOrderCommand(caller.customer_id, account_id, _asked(order))
        return Answer(preview_out(hub().preview_order(wanted)), 200)
    submitted = hub().submit_order(
        SubmitOrderCommand(caller.customer_id, account_id, key, _asked(order), request.trace_id)
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
