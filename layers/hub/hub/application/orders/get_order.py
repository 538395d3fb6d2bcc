"""Show one order of a customer."""

from dataclasses import dataclass

from hub.application.ports.orders import Orders
from hub.domain.kernel import CustomerId, NotFoundError, OrderId
from hub.domain.orders.order import Order


@dataclass(frozen=True, slots=True)
class GetOrder:
    orders: Orders

    def __call__(self, customer_id: CustomerId, order_id: OrderId) -> Order:
        """Raises NotFoundError, also for another customer's order."""
        order = self.orders.find(customer_id, order_id)
        if order is None:
            raise NotFoundError("there is no such order")
        return order
