"""How orders, decisions and tokens are shown, the same wherever they are."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from hub.domain.orders.order import CANCELABLE, Order, status_of
from hub.entrypoints.wire import Incoming, Moment, Money, Outgoing, Quantity


class OrderOut(Outgoing):
    """`status` is the plain five-name status, `state` the exact one.

    Orders that belong together share a `group_id`; `leg` is what each is in it, and `parent_id` the
    order that brings it to life. `expires_at` is market time.
    """

    order_id: str
    client_order_id: str
    account_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    quantity: Quantity
    notional: Money | None
    limit_price: Money | None
    stop_price: Money | None
    trail_price: Money | None
    trail_percent: Quantity | None
    water_mark: Money | None
    triggered_at: Moment | None
    expire_date: date | None
    expires_at: Moment | None
    extended_hours: bool
    post_only: bool
    order_class: str
    group_id: str | None
    parent_id: str | None
    leg: str | None
    replaces: str | None
    replaced_by: str | None
    status: str
    state: str
    filled_quantity: Quantity
    average_price: Money | None
    fees: Money
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
        notional=order.notional,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        trail_price=order.trail_price,
        trail_percent=order.trail_percent,
        water_mark=order.water_mark,
        triggered_at=order.triggered_at,
        expire_date=order.expire_date,
        expires_at=order.expires_at,
        extended_hours=order.extended_hours,
        post_only=order.post_only,
        order_class=order.order_class,
        group_id=order.group_id,
        parent_id=order.parent_id,
        leg=order.leg,
        replaces=order.replaces,
        replaced_by=order.replaced_by,
        status=status_of(order.state),
        state=order.state,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        fees=order.fees,
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


class NestedOrderOut(OrderOut):
    """With the other orders of its group, if they were asked for."""

    legs: list[OrderOut] | None


def nested_order_out(order: Order, legs: Sequence[Order] | None) -> NestedOrderOut:
    shown = [order_out(leg) for leg in legs] if legs is not None else None
    return NestedOrderOut(**dict(order_out(order)), legs=shown)


class Reason(Incoming):
    """Why an administrator does it: it stays on record."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class DecidedOut(Outgoing):
    order_id: str
    status: str
    state: str
    filled_quantity: Quantity


def decided_out(order: Order) -> DecidedOut:
    return DecidedOut(
        order_id=order.order_id,
        status=status_of(order.state),
        state=order.state,
        filled_quantity=order.filled_quantity,
    )


class TokenPair(Outgoing):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the scheme, no secret
    expires_in: Annotated[int, Field(description="seconds that the access token lives")]
