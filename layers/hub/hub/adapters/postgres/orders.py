"""Orders in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database, Row
from hub.adapters.postgres.order_rows import WIDTH, WRITTEN, order_of, row_of
from hub.application.books import Destination
from hub.application.ports.messages import Message
from hub.application.ports.orders import (
    Canceled,
    DuplicateOrderError,
    EarlierOrder,
    OpenOrder,
    OpenOrders,
    OrderFilter,
    Placed,
    RequestedCancel,
    RequestedOrders,
    TimelineStep,
)
from hub.domain.kernel import AccountId, CustomerId, OrderId
from hub.domain.orders.events import Condition
from hub.domain.orders.order import Order, Side
from hub.domain.orders.stops import Trail
from hub.domain.orders.trigger_book import Resting, WaitingStop


@dataclass(frozen=True, slots=True)
class PostgresOrders:
    database: Database

    def place(self, request: RequestedOrders) -> Placed:
        buying = request.orders[0].side is Side.BUY
        statement = compiled.PLACE_BUY if buying else compiled.PLACE_SELL
        try:
            row = self.database.rows(statement, _placing(request))[0]
        except psycopg.errors.UniqueViolation as error:
            raise DuplicateOrderError from error
        return Placed(row[0], row[1], row[2] or Decimal(0), row[3])

    def cancel(self, request: RequestedCancel) -> Canceled | None:
        row = self.database.one(
            compiled.CANCEL_ORDER,
            {
                "b_order_id": request.order_id,
                "b_user_id": request.customer_id,
                "b_transaction_id": request.transaction_id,
                "b_audit_payload": request.audit_payload,
                "b_message_id": request.message_id,
                "b_destination": Destination.BUS,
                "b_market_time": request.cause.market_time,
                "b_at": request.cause.at,
            },
        )
        if row is None:
            # The statement may have run before, its answer lost with the connection: then its
            # message is there.
            row = self.database.one(compiled.FIND_MESSAGE, {"b_message_id": request.message_id})
        if row is None:
            return None
        account_id, body = row
        return Canceled(account_id, Message(request.message_id, account_id, Destination.BUS, body))

    def submitted_as(self, account_id: AccountId, client_order_id: str) -> EarlierOrder | None:
        row = self.database.one(
            compiled.FIND_SUBMITTED,
            {"b_account_id": account_id, "b_client_order_id": client_order_id},
        )
        return EarlierOrder(order_of(row), row[WIDTH]) if row else None

    def find(self, customer_id: CustomerId, order_id: OrderId) -> Order | None:
        row = self.database.one(
            compiled.FIND_ORDER, {"b_user_id": customer_id, "b_order_id": order_id}
        )
        return order_of(row) if row else None

    def history(self, wanted: OrderFilter) -> Sequence[Order]:
        before, before_id = wanted.before or (None, None)
        rows = self.database.rows(
            compiled.LIST_HISTORY,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_symbols": list(wanted.symbols) or None,
                "b_states": list(wanted.states),
                "b_nested": wanted.nested,
                "b_side": wanted.side,
                "b_after": wanted.after,
                "b_until": wanted.until,
                "b_before": before,
                "b_before_id": before_id,
                "b_limit": wanted.limit,
            },
        )
        return [order_of(row) for row in rows]

    def timeline(self, order_id: OrderId) -> Sequence[TimelineStep]:
        rows = self.database.rows(compiled.LIST_TIMELINE, {"b_order_id": order_id})
        return [TimelineStep(*row) for row in rows]

    def was_filled_by(self, order_id: OrderId, event_id: str) -> bool:
        wanted = {"b_order_id": order_id, "b_event_id": event_id}
        return self.database.one(compiled.FIND_FILL, wanted) is not None

    def queued(
        self, moment: datetime, after: tuple[datetime, OrderId] | None, limit: int
    ) -> Sequence[Order]:
        last, last_id = after or (None, None)
        wanted = {"b_moment": moment, "b_after": last, "b_after_id": last_id, "b_limit": limit}
        return [order_of(row) for row in self.database.rows(compiled.LIST_QUEUED, wanted)]

    def resting(self, since: datetime) -> Sequence[Resting]:
        return [
            _resting(row) for row in self.database.rows(compiled.LIST_RESTING, {"b_since": since})
        ]

    def save_marks(self, moved: Sequence[Resting]) -> None:
        stops = [(each.order_id, each.stop) for each in moved if each.stop is not None]
        if stops:
            self.database.rows(
                compiled.SAVE_MARKS,
                {
                    "b_mark_order_id": [order_id for order_id, _ in stops],
                    "b_mark_stop_price": [stop.price for _, stop in stops],
                    "b_mark_water_mark": [stop.mark for _, stop in stops],
                },
            )

    def expired(self, moment: datetime, limit: int) -> Sequence[OpenOrder]:
        rows = self.database.rows(compiled.LIST_EXPIRED, {"b_moment": moment, "b_limit": limit})
        return [OpenOrder(*row) for row in rows]

    def open_orders(self, wanted: OpenOrders, limit: int) -> Sequence[Order]:
        rows = self.database.rows(
            compiled.LIST_OPEN,
            {
                "b_user_id": wanted.customer_id,
                "b_account_id": wanted.account_id,
                "b_symbols": list(wanted.symbols) or None,
                "b_side": wanted.side,
                "b_held": wanted.held,
                "b_limit": limit,
            },
        )
        return [order_of(row) for row in rows]

    def groups(self, customer_id: CustomerId, group_ids: Sequence[OrderId]) -> Sequence[Order]:
        wanted = {"b_user_id": customer_id, "b_groups": list(group_ids)}
        return [order_of(row) for row in self.database.rows(compiled.LIST_GROUPS, wanted)]

    def forget_quotes(self, before: datetime) -> None:
        self.database.rows(compiled.FORGET_QUOTES, {"b_before": before})


_PRINTS = {"opg": Condition.OPENING, "cls": Condition.CLOSING}


def _resting(row: Row) -> Resting:
    return Resting(
        row[0],
        row[1],
        row[2],
        Side(row[3]),
        row[4],
        _stop_of(row),
        at_print=_PRINTS.get(row[10]),
        extended=row[11],
        since=row[12],
    )


def _stop_of(row: Row) -> WaitingStop | None:
    if row[5] is None or not row[9]:
        return None
    trail = Trail(row[6], row[7]) if row[8] is not None else None
    return WaitingStop(row[5], trail, row[8])


def _placing(request: RequestedOrders) -> dict[str, Any]:
    first, orders = request.orders[0], request.orders
    return {
        "b_account_id": first.account_id,
        "b_user_id": request.customer_id,
        "b_order_id": first.order_id,
        "b_instrument_id": first.instrument_id,
        "b_reserved_cash": first.reserved_cash,
        "b_reserved_quantity": first.reserved_quantity,
        "b_order_value": request.order_value,
        "b_market_price": first.market_price,
        "b_market_time": first.market_time,
        "b_at": first.created_at,
        "b_count": len(orders),
        "b_transaction_id": request.transaction_id,
        "b_audit_payload": request.audit_payload,
        "b_destination": Destination.ORDERS_SUBMITTED,
        **arrays("order", WRITTEN, [row_of(each, request.request_hash) for each in orders]),
        **arrays(
            "step",
            "sequence order_id state_after detail",
            [
                (len(orders) - place, each.order_id, each.state, request.event_detail)
                for place, each in enumerate(orders, 1)
            ],
        ),
        **arrays(
            "message",
            "message_id body",
            [(message.message_id, message.body) for message in request.messages],
        ),
    }
