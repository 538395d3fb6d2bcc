"""From what a customer asks for to the orders that stand for it: one, or a group."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal
from typing import NamedTuple

from hub.domain.kernel import QUANTITY_STEP, AccountId, InstrumentId, OrderId
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import Leg, Order, OrderClass, OrderType, Side, State
from hub.domain.orders.stops import Trail

_ZERO = Decimal(0)
_DOWN = Context(prec=60, rounding=ROUND_DOWN)


class Placement(NamedTuple):
    """Where and when orders come in.

    `market_price` is what the market asked or bid then, at market time `market_time`, and
    `trigger_price` what stops listen to, from which trailing ones start. A simulation may not know
    them yet.
    """

    account_id: AccountId
    instrument_id: InstrumentId
    market_price: Decimal | None
    trigger_price: Decimal | None
    market_time: datetime
    at: datetime
    expires_at: datetime | None = None
    works_from: datetime | None = None


def orders_for(asked: NewOrder, placement: Placement, new_id: Callable[[], OrderId]) -> list[Order]:
    """The orders, not yet reserved for: that which comes in first, then what it brings with it."""
    first = _order(asked, placement, new_id())
    if asked.order_class is OrderClass.SIMPLE:
        return [_entry(first, asked, placement)]
    first = replace(first, group_id=first.order_id)
    if asked.order_class is OrderClass.OCO:
        second = replace(_order(asked, placement, new_id()), group_id=first.order_id)
        return [_take_profit(first, asked), _stop_loss(second, asked)]
    exits = []
    for wanted, made in ((asked.take_profit, _take_profit), (asked.stop_loss, _stop_loss)):
        if wanted is not None:
            exit_ = replace(
                _order(asked, placement, new_id()),
                side=Side.SELL if asked.side is Side.BUY else Side.BUY,
                state=State.HELD,
                group_id=first.order_id,
            )
            exits.append(made(exit_, asked))
    return [replace(_entry(first, asked, placement), leg=Leg.ENTRY), *exits]


def _order(asked: NewOrder, placement: Placement, order_id: OrderId) -> Order:
    """What all orders of the request have in common."""
    market_price = placement.market_price or _ZERO
    quantity = asked.quantity
    if quantity is None:
        wanted = _DOWN.divide(asked.notional or _ZERO, market_price)
        quantity = max(wanted.quantize(QUANTITY_STEP, context=_DOWN), QUANTITY_STEP)
    return Order(
        order_id=order_id,
        account_id=placement.account_id,
        client_order_id=order_id,
        instrument_id=placement.instrument_id,
        symbol=asked.symbol,
        side=asked.side,
        type=OrderType.LIMIT,
        time_in_force=asked.time_in_force,
        quantity=quantity,
        limit_price=None,
        state=State.PENDING_NEW,
        filled_quantity=_ZERO,
        filled_value=_ZERO,
        fills=0,
        reserved_cash=_ZERO,
        reserved_quantity=_ZERO,
        market_price=market_price,
        reason_code=None,
        reason=None,
        market_time=placement.market_time,
        created_at=placement.at,
        updated_at=placement.at,
        executed_at=None,
        expire_date=asked.expire_date,
        expires_at=placement.expires_at,
        works_from=placement.works_from,
        order_class=asked.order_class,
    )


def _entry(order: Order, asked: NewOrder, placement: Placement) -> Order:
    stop, mark = asked.stop_price, None
    if asked.type is OrderType.TRAILING_STOP and placement.trigger_price is not None:
        mark = placement.trigger_price
        stop = Trail(asked.trail_price, asked.trail_percent).stop(asked.side, mark)
    return replace(
        order,
        type=asked.type,
        limit_price=asked.limit_price,
        stop_price=stop,
        water_mark=mark,
        trail_price=asked.trail_price,
        trail_percent=asked.trail_percent,
        notional=asked.notional,
        extended_hours=asked.extended_hours,
        post_only=asked.post_only,
    )


def _take_profit(order: Order, asked: NewOrder) -> Order:
    assert asked.take_profit is not None
    return replace(
        order,
        type=OrderType.LIMIT,
        limit_price=asked.take_profit.limit_price,
        leg=Leg.TAKE_PROFIT,
    )


def _stop_loss(order: Order, asked: NewOrder) -> Order:
    assert asked.stop_loss is not None
    limited = asked.stop_loss.limit_price is not None
    return replace(
        order,
        type=OrderType.STOP_LIMIT if limited else OrderType.STOP,
        limit_price=asked.stop_loss.limit_price,
        stop_price=asked.stop_loss.stop_price,
        leg=Leg.STOP_LOSS,
    )
