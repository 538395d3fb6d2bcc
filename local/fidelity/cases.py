"""Case files: the schema that their head explains, read and checked."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from hub.domain.orders.entry_rules import NewOrder, StopLoss, TakeProfit
from hub.domain.orders.order import OrderClass, OrderType, Side, TimeInForce
from hub.domain.orders.replacing import Changes
from hub.domain.orders.venue import (
    BarPath,
    Basis,
    InMarketStop,
    Liquidity,
    TriggerSource,
    VenueProfile,
)

SYMBOL = "AAPL"
_Word = TypeVar("_Word", bound=StrEnum)


class CaseFileError(Exception):
    """The file is not a case file; the text says what is wrong with it."""


class UnknownFeatureError(Exception):
    """The case asks for something that Hub does not offer; the text names it."""


class Case(NamedTuple):
    case_id: str
    title: str
    profile: str
    tags: tuple[str, ...]
    options: Mapping[str, Any]
    account: Mapping[str, Any] | None
    steps: Sequence[Mapping[str, Any]]
    expect_account: Mapping[str, Any]

    @property
    def optional(self) -> tuple[str, ...]:
        """The features without which the case may be left out."""
        return tuple(
            tag.removeprefix("optional:") for tag in self.tags if tag.startswith("optional:")
        )


def read_cases(path: Path) -> list[Case]:
    """Raises CaseFileError."""
    try:
        # A price may stand there as a number: it is read as it is written, never as a float.
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        cases = document["cases"]
        return [_case(each) for each in cases]
    except OSError as error:
        raise CaseFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseFileError(f"{path} is not a case file: {error!r}") from error


def _case(record: Mapping[str, Any]) -> Case:
    return Case(
        str(record["id"]),
        record.get("title", ""),
        record["profile"],
        tuple(record.get("tags") or ()),
        record.get("options") or {},
        record.get("account"),
        record["steps"],
        record.get("expect_account") or {},
    )


_OPTIONS = frozenset({"liquidity", "in_market_stop", "bar_path", "calendar"})


def profile_of(case: Case) -> VenueProfile:
    """Raises UnknownFeatureError."""
    only("options", case.options, _OPTIONS)
    options = case.options
    return VenueProfile(
        basis=one_of(Basis, "profile", case.profile),
        liquidity=one_of(Liquidity, "liquidity", options.get("liquidity") or "unlimited"),
        triggers=TriggerSource.QUOTE,
        in_market_stop=one_of(
            InMarketStop, "in_market_stop", options.get("in_market_stop") or "trigger"
        ),
        bar_path=one_of(BarPath, "bar_path", options.get("bar_path") or "OHLC"),
    )


def one_of(kind: type[_Word], name: str, word: Any) -> _Word:
    """Raises UnknownFeatureError."""
    try:
        return kind(word)
    except ValueError as error:
        raise UnknownFeatureError(f"{name} {word}") from error


# What a step may say beside what it does; a note changes nothing.
_ANY = frozenset({"event", "at", "expect", "expect_refused", "ref", "note", "comment"})
_FIELDS: Mapping[str, frozenset[str]] = {
    "quote": frozenset({"bid", "ask", "bid_size", "ask_size"}),
    "trade": frozenset({"price", "size"}),
    "bar": frozenset({"open", "high", "low", "close", "volume", "start", "end"}),
    "submit": frozenset(
        {"side", "type", "qty", "notional", "tif", "limit", "stop", "trail_amount"}
        | {"trail_percent", "expire_date", "post_only", "extended_hours", "bracket"}
    ),
    "replace": frozenset({"set"}),
    "cancel": frozenset(),
    "clock": frozenset(),
}
_CHANGES = frozenset(
    {"qty", "limit", "stop", "trail_amount", "trail_percent", "tif", "expire_date"}
)
_EXITS: Mapping[str, frozenset[str]] = {
    "take_profit": frozenset({"ref", "limit"}),
    "stop_loss": frozenset({"ref", "stop", "limit"}),
}


def check_step(step: Mapping[str, Any]) -> None:
    """Raises UnknownFeatureError for what the step asks and the schema does not know."""
    kind = str(step.get("event"))
    if kind not in _FIELDS:
        raise UnknownFeatureError(f"event {kind}")
    fields = _FIELDS[kind] | _CHANGES if kind == "replace" else _FIELDS[kind]
    only(kind, step, fields | _ANY)
    only("replace", step.get("set") or {}, _CHANGES)
    exits = step.get("bracket") or {}
    only("bracket", exits, frozenset(_EXITS))
    for name, exit_ in exits.items():
        only(name, exit_ or {}, _EXITS[name])


def only(name: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises UnknownFeatureError for what is none of `known` and says something."""
    for key, value in given.items():
        if key not in known and value is not None and value is not False:
            raise UnknownFeatureError(f"{name} with {key}")


_PRICES = {
    "limit_price": "limit",
    "stop_price": "stop",
    "trail_price": "trail_amount",
    "trail_percent": "trail_percent",
    "notional": "notional",
}


def asked_for(step: Mapping[str, Any]) -> NewOrder:
    """What a submit step asks for. Raises UnknownFeatureError."""
    exits = step.get("bracket") or {}
    profit, loss = exits.get("take_profit"), exits.get("stop_loss")
    return NewOrder(
        symbol=SYMBOL,
        side=one_of(Side, "side", step["side"]),
        type=one_of(OrderType, "type", step["type"]),
        time_in_force=one_of(TimeInForce, "tif", step.get("tif") or "gtc"),
        quantity=decimal(step.get("qty")),
        expire_date=day_of(step["expire_date"]) if step.get("expire_date") else None,
        extended_hours=bool(step.get("extended_hours", False)),
        post_only=bool(step.get("post_only", False)),
        order_class=_class(bool(profit), bool(loss)),
        take_profit=TakeProfit(Decimal(profit["limit"])) if profit else None,
        stop_loss=StopLoss(Decimal(loss["stop"]), decimal(loss.get("limit"))) if loss else None,
        **{ours: decimal(step.get(theirs)) for ours, theirs in _PRICES.items()},
    )


def changes_of(step: Mapping[str, Any]) -> Changes:
    """What a replace step asks for. Raises UnknownFeatureError."""
    given = {**{key: step.get(key) for key in _CHANGES}, **(step.get("set") or {})}
    trail = given.get("trail_amount")
    return Changes(
        quantity=decimal(given.get("qty")),
        limit_price=decimal(given.get("limit")),
        stop_price=decimal(given.get("stop")),
        trail=decimal(given.get("trail_percent") if trail is None else trail),
        time_in_force=one_of(TimeInForce, "tif", given["tif"]) if given.get("tif") else None,
        expire_date=day_of(given["expire_date"]) if given.get("expire_date") else None,
    )


def refs_of(step: Mapping[str, Any]) -> list[str]:
    """The names of the orders that a submit step makes, in the order in which they are made."""
    exits = step.get("bracket") or {}
    wanted = [exits[name]["ref"] for name in ("take_profit", "stop_loss") if exits.get(name)]
    return [step["ref"], *wanted]


def day_of(text: str) -> date:
    """A date, or the date of a moment."""
    return moment_of(text).date() if "T" in text else date.fromisoformat(text)


def moment_of(text: str) -> datetime:
    """A moment without a zone is one of UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _class(profit: bool, loss: bool) -> OrderClass:
    if profit and loss:
        return OrderClass.BRACKET
    return OrderClass.OTO if profit or loss else OrderClass.SIMPLE
