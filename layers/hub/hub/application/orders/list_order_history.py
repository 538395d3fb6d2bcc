"""Show a customer's orders, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.accounts.list_accounts import own_accounts
from hub.application.cursors import moment_cursor, moment_place
from hub.application.ports.accounts import Accounts
from hub.application.ports.orders import OrderFilter, Orders
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order


class OrderPage(NamedTuple):
    orders: Sequence[Order]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListOrderHistory:
    orders: Orders
    accounts: Accounts

    def __call__(self, wanted: OrderFilter) -> OrderPage:
        """One page, newest first, and the cursor of the next: stable while new orders come in.

        Raises NotFoundError for an account that is not the customer's.
        """
        if wanted.account_id is not None:
            own_accounts(self.accounts, wanted.customer_id, wanted.account_id)
        found = self.orders.history(wanted._replace(limit=wanted.limit + 1))
        page = found[: wanted.limit]
        more = len(found) > wanted.limit
        return OrderPage(page, _cursor(page[-1]) if more else None)


def _cursor(order: Order) -> str:
    return moment_cursor(order.created_at, order.order_id)


def place_of(cursor: str) -> tuple[datetime, OrderId]:
    """Where in the history a cursor stands. Raises InvalidInputError."""
    moment, order_id = moment_place(cursor)
    return moment, OrderId(order_id)
