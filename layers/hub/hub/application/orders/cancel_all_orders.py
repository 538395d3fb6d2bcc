"""Cancel every open order of a customer, or those of some symbols."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.orders.canceling import OrdersAtWork, cancel_now
from hub.application.ports.accounts import Accounts
from hub.application.ports.orders import OpenOrders, Orders
from hub.domain.orders.order import CANCELABLE, Order

MOST = 500
_BATCH = 50


class CancelAllOrdersCommand(NamedTuple):
    which: OpenOrders
    trace_id: str


class CanceledOrder(NamedTuple):
    """`canceled` is False for one that had ended before its turn came; `order` says how."""

    order: Order
    canceled: bool


@dataclass(frozen=True, slots=True)
class CancelAllOrders:
    """At most MOST orders at a time: the oldest."""

    orders: Orders
    accounts: Accounts
    at_work: OrdersAtWork

    def __call__(self, command: CancelAllOrdersCommand) -> Sequence[CanceledOrder]:
        """What became of each. Raises NotFoundError for an account that is not the customer's."""
        which = command.which
        if which.account_id is not None:
            own_accounts(self.accounts, which.customer_id, which.account_id)
        found = sorted(self.orders.open_orders(which, MOST), key=lambda each: each.account_id)
        results: list[CanceledOrder] = []
        for _, of_account in groupby(found, key=lambda each: each.account_id):
            orders = list(of_account)
            for start in range(0, len(orders), _BATCH):
                results += self._cancel(orders[start : start + _BATCH], command)
        return results

    def _cancel(
        self, orders: Sequence[Order], command: CancelAllOrdersCommand
    ) -> list[CanceledOrder]:
        moment = self.at_work.moment(command.which.customer_id, command.trace_id)
        were_open = set()
        with self.at_work.open(orders, moment) as booking:
            for order in orders:
                if booking.books.orders[order.order_id].state in CANCELABLE:
                    were_open.add(order.order_id)
            for order in orders:
                # One that ended with its group needs no second end.
                if booking.books.orders[order.order_id].state in CANCELABLE:
                    cancel_now(booking, order.order_id)
        self.at_work.tell(booking)
        return [
            CanceledOrder(booking.books.orders[order.order_id], order.order_id in were_open)
            for order in orders
        ]
