"""The messages of Alpaca's live market data, version 2: read from JSON or MessagePack, and written.

A frame is a list of messages, each with its type in `T`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.market.trade import Condition
from stream.unpacking import unpacked

# What marks the official prints of a session, on all three tapes.
_OPENING = {"O", "Q"}
_CLOSING = {"6", "M"}
# States in which nothing trades: halts and pauses of tape C, and of tapes A and B.
_HALTS = {"H", "P", "Q", "2", "5", "E", "F"}


class LiveQuote(NamedTuple):
    symbol: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    time: datetime


class LiveTrade(NamedTuple):
    """`number` is the exchange's own; with its letter it is the only one of its day and symbol."""

    symbol: str
    number: str
    price: Decimal
    size: Decimal
    time: datetime
    condition: Condition


class LiveStatus(NamedTuple):
    symbol: str
    halted: bool


class LiveError(NamedTuple):
    """What the source refuses; `code` as in its documentation."""

    code: int
    message: str


class Said(NamedTuple):
    """`connected`, `authenticated`, or `subscription` with the symbols whose quotes will come."""

    what: str
    symbols: frozenset[str] = frozenset()


Message = LiveQuote | LiveTrade | LiveStatus | LiveError | Said


def messages_in(frame: str | bytes) -> tuple[list[Message], int]:
    """The messages of a frame, and how many of it cannot be read. Others than ours are left out."""
    try:
        values = (
            unpacked(frame) if isinstance(frame, bytes) else json.loads(frame, parse_float=Decimal)
        )
    except (ValueError, RecursionError):
        return [], 1
    found: list[Message] = []
    unreadable = 0
    for value in values if isinstance(values, list) else [None]:
        try:
            message = _message(value)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            unreadable += 1
        else:
            found += [message] if message is not None else []
    return found, unreadable


def _message(value: Any) -> Message | None:
    read = _READ.get(value["T"])
    return read(value) if read else None


def _quote(value: Any) -> LiveQuote:
    bid, ask, bid_size, ask_size = (_number(value[name]) for name in ("bp", "ap", "bs", "as"))
    return LiveQuote(str(value["S"]), bid, ask, bid_size, ask_size, _time(value["t"]))


def _trade(value: Any) -> LiveTrade:
    price, size, time = _number(value["p"]), _number(value["s"]), _time(value["t"])
    condition = _condition(set(value.get("c") or ()))
    number = f"{value['x']}{value['i']}"
    return LiveTrade(str(value["S"]), number, price, size, time, condition)


_READ: Mapping[str, Callable[[Any], Message]] = {
    "q": _quote,
    "t": _trade,
    "s": lambda value: LiveStatus(str(value["S"]), value["sc"] in _HALTS),
    "error": lambda value: LiveError(int(value["code"]), str(value.get("msg", ""))[:200]),
    "success": lambda value: Said(str(value["msg"])),
    "subscription": lambda value: Said("subscription", frozenset(value["quotes"])),
}


def _number(value: Any) -> Decimal:
    number = Decimal(value)
    if isinstance(value, bool | str) or not number.is_finite():
        raise ValueError(value)
    return number


def _time(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def _condition(marks: set[Any]) -> Condition:
    if marks & _OPENING:
        return "opening"
    return "closing" if marks & _CLOSING else "regular"


def authentication(key: str, secret: str) -> str:
    return json.dumps({"action": "auth", "key": key, "secret": secret})


def subscription(symbols: Sequence[str]) -> str:
    wanted = list(symbols)
    return json.dumps(
        {"action": "subscribe", "trades": wanted, "quotes": wanted, "statuses": wanted}
    )
