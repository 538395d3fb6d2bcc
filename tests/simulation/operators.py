"""Those who run the platform, in a run: they decide about orders, until they are answered."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hub.application.admin import Administrator
from hub.application.operations.deciding import OrderDecision
from hub.application.operations.fill_order import FillOrderCommand
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order
from tests.simulation.customers import TRACE, Reach, asked
from tests.simulation.plan import Act

DECISIONS = ("reprocess", "cancel", "reject", "fill")


def operate(reach: Reach, act: Act) -> None:
    """About the order that the customer sent last, in trouble or not."""
    known = reach.answers.known.get(act.customer)
    if known:
        decide(reach, known[-1], act.words["decision"], act.name)


def answer(reach: Reach, order_id: OrderId, word: str, key: str) -> None:
    """About an order of the manual list."""
    order = reach.hub().recoveries.order(order_id)
    if order is not None:
        decide(reach, order, word, key)


def decide(reach: Reach, order: Order, word: str, key: str) -> None:
    reach.scheduler.tell(f"decides to {word} {order.order_id[-4:]}")
    done = asked(reach, lambda: _DECISIONS[word](reach, order, key), again=True)
    if word == "fill" and isinstance(done, Order):
        reach.answers.fills[f"operator-{key}"] = order.order_id


def _decision(reach: Reach, order_id: OrderId) -> OrderDecision:
    who = Administrator(reach.customers[0].customer_id, TRACE)
    return OrderDecision(who, order_id, "it was stuck")


def _fill(reach: Reach, order: Order, key: str) -> Order:
    price = order.limit_price or Decimal(reach.price(order.symbol)) / 100
    quantity = min(order.quantity, Decimal(1))
    command = FillOrderCommand(_decision(reach, order.order_id), quantity, price, key)
    filled: Order = reach.hub().fill_order(command)
    return filled


_DECISIONS: dict[str, Callable[[Reach, Order, str], Any]] = {
    "reprocess": lambda reach, order, _: reach.hub().reprocess_order(
        _decision(reach, order.order_id)
    ),
    "cancel": lambda reach, order, _: reach.hub().cancel_stuck_order(
        _decision(reach, order.order_id)
    ),
    "reject": lambda reach, order, _: reach.hub().reject_order(_decision(reach, order.order_id)),
    "fill": _fill,
}
