"""Orders in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database, Row
from hub.application.books import Destination
from hub.application.ports.messages import Message
from hub.application.ports.orders import (
    Canceled,
    DuplicateOrderError,
    EarlierOrder,
    OpenOrder,
    OrderFilter,
    Placed,
    RequestedCancel,
    RequestedOrder,
    TimelineStep,
)
from hub.domain.kernel import AccountId, CustomerId, OrderId
from hub.domain.orders.order import Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.stops import Trail
from hub.domain.orders.trigger_book import Resting, WaitingStop

_ORDER_WIDTH = 28


def order_of(row: Row) -> Order:
    """An order from the columns of `statements.books.order_columns`."""
    return Order(
        order_id=row[0],
        account_id=row[1],
        client_order_id=row[2],
        instrument_id=row[3],
        symbol=row[4],
        side=Side(row[5]),
        type=OrderType(row[6]),
        time_in_force=TimeInForce(row[7]),
        quantity=row[8],
        limit_price=row[9],
        state=State(row[10]),
        filled_quantity=row[11],
        filled_value=row[12],
        fills=row[13],
        reserved_cash=row[14],
        reserved_quantity=row[15],
        market_price=row[16],
        reason_code=row[17],
        reason=row[18],
        market_time=row[19],
        created_at=row[20],
        updated_at=row[21],
        executed_at=row[22],
        stop_price=row[23],
        trail_price=row[24],
        trail_percent=row[25],
        water_mark=row[26],
        triggered_at=row[27],
    )


@dataclass(frozen=True, slots=True)
class PostgresOrders:
    database: Database

    def place(self, request: RequestedOrder) -> Placed:
        buying = request.order.side is Side.BUY
        statement = compiled.PLACE_BUY if buying else compiled.PLACE_SELL
        try:
            row = self.database.rows(statement, _placing(request))[0]
        except psycopg.errors.UniqueViolation as error:
            raise DuplicateOrderError from error
        return Placed(row[0], row[1], row[2] or Decimal(0))

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
        return EarlierOrder(order_of(row), row[_ORDER_WIDTH]) if row else None

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

    def queued(self, limit: int) -> Sequence[Order]:
        return [
            order_of(row) for row in self.database.rows(compiled.LIST_QUEUED, {"b_limit": limit})
        ]

    def resting(self, since: datetime) -> Sequence[Resting]:
        rows = self.database.rows(compiled.LIST_RESTING, {"b_since": since})
        return [
            Resting(row[0], row[1], row[2], Side(row[3]), row[4], _stop_of(row)) for row in rows
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

    def day_orders_before(self, closed: datetime, limit: int) -> Sequence[OpenOrder]:
        rows = self.database.rows(compiled.LIST_DAY_ORDERS, {"b_closed": closed, "b_limit": limit})
        return [OpenOrder(*row) for row in rows]


def _stop_of(row: Row) -> WaitingStop | None:
    if row[5] is None or not row[9]:
        return None
    trail = Trail(row[6], row[7]) if row[8] is not None else None
    return WaitingStop(row[5], trail, row[8])


def _placing(request: RequestedOrder) -> dict[str, Any]:
    order, message = request.order, request.message
    return {
        "b_account_id": order.account_id,
        "b_user_id": request.customer_id,
        "b_order_id": order.order_id,
        "b_client_order_id": order.client_order_id,
        "b_request_hash": request.request_hash,
        "b_instrument_id": order.instrument_id,
        "b_symbol": order.symbol,
        "b_side": order.side,
        "b_type": order.type,
        "b_time_in_force": order.time_in_force,
        "b_quantity": order.quantity,
        "b_limit_price": order.limit_price,
        "b_state": order.state,
        "b_filled_quantity": order.filled_quantity,
        "b_filled_value": order.filled_value,
        "b_fills": order.fills,
        "b_reserved_cash": order.reserved_cash,
        "b_reserved_quantity": order.reserved_quantity,
        "b_market_price": order.market_price,
        "b_market_time": order.market_time,
        "b_created_at": order.created_at,
        "b_updated_at": order.updated_at,
        "b_stop_price": order.stop_price,
        "b_trail_price": order.trail_price,
        "b_trail_percent": order.trail_percent,
        "b_water_mark": order.water_mark,
        "b_transaction_id": request.transaction_id,
        "b_event_detail": request.event_detail,
        "b_audit_payload": request.audit_payload,
        "b_message_id": message.message_id,
        "b_destination": message.destination,
        "b_message_body": message.body,
    }
