"""Reject an order by hand: it ends, and all that it reserved is free again."""

from dataclasses import dataclass, replace
from datetime import datetime

from hub.application.operations.deciding import Deciding, OrderDecision
from hub.domain.orders.order import MOVES, Order, State

_CODE = "operator"


@dataclass(frozen=True, slots=True)
class RejectOrder:
    deciding: Deciding

    def __call__(self, decision: OrderDecision) -> Order:
        """Raises NotFoundError and OrderNotOpenError."""
        order = self.deciding.recorded(decision, "reject_order")
        with self.deciding.open(order, decision) as booking:
            now = self.deciding.noted(booking, decision, "reject")
            ended = _rejected(now, decision.reason, booking.steps.moment.now)
            booking.end(now, ended, "rejected", {"reason": decision.reason})
        return booking.books.orders[order.order_id]


def _rejected(order: Order, reason: str, at: datetime) -> Order:
    """What is filled in part cannot be rejected any more: the rest of it is canceled."""
    if State.REJECTED in MOVES[order.state]:
        return order.reject(_CODE, reason, at)
    return replace(order.move(State.CANCELED, at), reason_code=_CODE, reason=reason)
