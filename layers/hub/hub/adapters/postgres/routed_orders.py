"""Orders that an outside venue has, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.adapters.postgres.order_rows import order_of
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order


@dataclass(frozen=True, slots=True)
class PostgresRoutedOrders:
    database: Database

    def find(self, order_id: OrderId) -> Order | None:
        row = self.database.one(compiled.FIND_ANY_ORDER, {"b_order_id": order_id})
        return order_of(row) if row else None

    def open(self, after: tuple[datetime, OrderId] | None, limit: int) -> Sequence[Order]:
        last, last_id = after or (None, None)
        wanted = {"b_after": last, "b_after_id": last_id, "b_limit": limit}
        return [order_of(row) for row in self.database.rows(compiled.LIST_ROUTED, wanted)]
