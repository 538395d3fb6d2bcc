"""Show a customer's orders, each with those that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.orders.list_order_history import ListOrderHistory
from hub.application.ports.orders import OrderFilter, Orders
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order


class ListedOrders(NamedTuple):
    """`legs` are, by the id of an order, the others of its group; empty where not asked for."""

    orders: Sequence[Order]
    legs: Mapping[OrderId, Sequence[Order]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListOrders:
    orders: Orders
    history: ListOrderHistory

    def __call__(self, wanted: OrderFilter) -> ListedOrders:
        """Raises NotFoundError for an account that is not the customer's."""
        page = self.history(wanted)
        legs: dict[OrderId, list[Order]] = {}
        groups = {each.group_id for each in page.orders if each.group_id is not None}
        if wanted.nested and groups:
            members = self.orders.groups(wanted.customer_id, sorted(groups))
            for order in page.orders:
                if order.group_id is not None:
                    legs[order.order_id] = legs_of(order, members)
        return ListedOrders(page.orders, legs, page.next_cursor)


def legs_of(order: Order, members: Sequence[Order]) -> list[Order]:
    """The exits that belong to an order, of all the orders of some groups."""
    return [
        each
        for each in members
        if each.group_id == order.group_id and each.order_id != order.order_id and each.is_exit
    ]
