"""Show how an order came to be what it is, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.orders import Orders, TimelineStep
from hub.domain.kernel import CustomerId, NotFoundError, OrderId


@dataclass(frozen=True, slots=True)
class GetOrderTimeline:
    orders: Orders

    def __call__(self, customer_id: CustomerId, order_id: OrderId) -> Sequence[TimelineStep]:
        """Raises NotFoundError, also for another customer's order."""
        if self.orders.find(customer_id, order_id) is None:
            raise NotFoundError("there is no such order")
        return self.orders.timeline(order_id)
