"""How orders and tokens are shown, the same wherever they are."""

from typing import Annotated, Literal

from pydantic import Field

from hub.domain.orders.order import CANCELABLE, Order, status_of
from hub.entrypoints.wire import Moment, Money, Outgoing, Quantity


class OrderOut(Outgoing):
    """`status` is the plain five-name status, `state` the exact one."""

    order_id: str
    client_order_id: str
    account_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    quantity: Quantity
    limit_price: Money | None
    stop_price: Money | None
    trail_price: Money | None
    trail_percent: Quantity | None
    water_mark: Money | None
    triggered_at: Moment | None
    status: str
    state: str
    filled_quantity: Quantity
    average_price: Money | None
    market_price: Money
    reason_code: str | None
    reason: str | None
    can_cancel: bool
    submitted_at: Moment
    created_at: Moment
    updated_at: Moment
    executed_at: Moment | None
    market_time: Moment


def order_out(order: Order) -> OrderOut:
    return OrderOut(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account_id=order.account_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        quantity=order.quantity,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        trail_price=order.trail_price,
        trail_percent=order.trail_percent,
        water_mark=order.water_mark,
        triggered_at=order.triggered_at,
        status=status_of(order.state),
        state=order.state,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        market_price=order.market_price,
        reason_code=order.reason_code,
        reason=order.reason,
        can_cancel=order.state in CANCELABLE,
        submitted_at=order.created_at,
        created_at=order.created_at,
        updated_at=order.updated_at,
        executed_at=order.executed_at,
        market_time=order.market_time,
    )


class TokenPair(Outgoing):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the scheme, no secret
    expires_in: Annotated[int, Field(description="seconds that the access token lives")]
