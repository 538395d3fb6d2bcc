"""A trade that was printed: what was paid, for how much, and whether a session began or ended."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple, cast, get_args

Condition = Literal["regular", "opening", "closing"]


class Trade(NamedTuple):
    """`time` is market time. The same print has the same `trade_id` each time that it is told.

    `condition` marks the official opening and closing print of a session.
    """

    trade_id: str
    symbol: str
    price: Decimal
    size: Decimal
    time: datetime
    condition: Condition = "regular"


class SessionPrint(NamedTuple):
    """The official opening or closing print of the session of `day`."""

    day: date
    price: Decimal
    trade_id: str


def trade_record(trade: Trade) -> dict[str, Any]:
    """The trade as JSON has it: decimals as strings, time as RFC 3339 UTC."""
    return {
        "id": trade.trade_id,
        "symbol": trade.symbol,
        "price": str(trade.price),
        "size": str(trade.size),
        "time": trade.time.isoformat(),
        "condition": trade.condition,
    }


def trade_from_record(record: dict[str, Any]) -> Trade:
    """The inverse of `trade_record`. Raises KeyError or ValueError on anything else."""
    return Trade(
        trade_id=record["id"],
        symbol=record["symbol"],
        price=Decimal(record["price"]),
        size=Decimal(record["size"]),
        time=datetime.fromisoformat(record["time"]),
        condition=condition(record["condition"]),
    )


def condition(text: str) -> Condition:
    """Raises ValueError."""
    if text not in get_args(Condition):
        raise ValueError(f"{text!r} is not the condition of a trade")
    return cast("Condition", text)


def session_print_record(of: SessionPrint) -> dict[str, Any]:
    return {"day": of.day.isoformat(), "price": str(of.price), "trade_id": of.trade_id}


def session_print_from_record(record: dict[str, Any]) -> SessionPrint:
    """The inverse of `session_print_record`. Raises KeyError or ValueError on anything else."""
    return SessionPrint(
        date.fromisoformat(record["day"]), Decimal(record["price"]), record["trade_id"]
    )
