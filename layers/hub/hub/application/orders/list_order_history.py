"""Show a customer's orders, page by page."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from hub.application.accounts.list_accounts import own_accounts
from hub.application.ports.accounts import Accounts
from hub.application.ports.orders import OrderFilter, Orders
from hub.domain.kernel import Fault, InvalidInputError, OrderId
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
    place = json.dumps([order.created_at.isoformat(), order.order_id])
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, OrderId]:
    """Where in the history a cursor stands. Raises InvalidInputError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, order_id = json.loads(urlsafe_b64decode(padded.encode("ascii")))
        return datetime.fromisoformat(moment).astimezone(UTC), OrderId(str(UUID(order_id)))
    except (
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        fault = Fault("cursor", "cursor", "the cursor is not one that was given out")
        raise InvalidInputError("the cursor cannot be read", faults=(fault,)) from error
