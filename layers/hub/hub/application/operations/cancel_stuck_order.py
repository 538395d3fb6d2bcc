"""Cancel an order by hand; what hangs on it goes with it."""

from dataclasses import dataclass

from hub.application.operations.deciding import Deciding, OrderDecision
from hub.application.orders.canceling import cancel_now
from hub.domain.orders.order import Order


@dataclass(frozen=True, slots=True)
class CancelStuckOrder:
    deciding: Deciding

    def __call__(self, decision: OrderDecision) -> Order:
        """Raises NotFoundError, OrderNotOpenError and NotCancelableError."""
        order = self.deciding.recorded(decision, "cancel_order")
        with self.deciding.open(order, decision) as booking:
            self.deciding.noted(booking, decision, "cancel")
            cancel_now(booking, order.order_id)
        return booking.books.orders[order.order_id]
