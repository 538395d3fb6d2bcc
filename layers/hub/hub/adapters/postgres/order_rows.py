"""Orders as rows of their table, and back."""

from typing import Any

from hub.adapters.postgres.connection import Row
from hub.domain.orders.order import Leg, Order, OrderClass, OrderType, Side, State, TimeInForce

# The columns in the table's order; a row that is read has no request_hash.
WRITTEN = (
    "order_id account_id client_order_id request_hash instrument_id symbol side type "
    "time_in_force quantity limit_price state filled_quantity filled_value fills reserved_cash "
    "reserved_quantity market_price reason_code reason market_time created_at updated_at "
    "executed_at stop_price trail_price trail_percent water_mark triggered_at notional "
    "expire_date expires_at works_from extended_hours post_only order_class group_id leg "
    "replaces replaced_by fees met_event routed_at sent_at"
)
_READ = tuple(name for name in WRITTEN.split() if name != "request_hash")
WIDTH = len(_READ)
_KINDS: dict[str, Any] = {
    "side": Side,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "state": State,
    "order_class": OrderClass,
}
_KIND_PLACES = [(place, _KINDS[name]) for place, name in enumerate(_READ) if name in _KINDS]
_LEG_PLACE = _READ.index("leg")


def order_of(row: Row) -> Order:
    """An order from the columns of `statements.books.order_columns`."""
    values = list(row[:WIDTH])
    for place, kind in _KIND_PLACES:
        values[place] = kind(values[place])
    if values[_LEG_PLACE] is not None:
        values[_LEG_PLACE] = Leg(values[_LEG_PLACE])
    return Order(**dict(zip(_READ, values, strict=True)))


def row_of(order: Order, request_hash: bytes) -> tuple[Any, ...]:
    """The whole row."""
    return tuple(
        request_hash if name == "request_hash" else getattr(order, name) for name in WRITTEN.split()
    )
