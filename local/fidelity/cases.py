"""Case files: the schema that their head explains, read and checked."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from hub.domain.orders.entry_rules import NewOrder, StopLoss, TakeProfit
from hub.domain.orders.order import OrderClass, OrderType, Side, TimeInForce
from hub.domain.orders.venue import (
    BarPath,
    Basis,
    InMarketStop,
    Liquidity,
    TriggerSource,
    VenueProfile,
)

SYMBOL = "AAPL"


class CaseFileError(Exception):
    """The file is not a case file; the text says what is wrong with it."""


class UnknownFeatureError(Exception):
    """The case asks for something that Hub does not offer; the text names it."""


class Case(NamedTuple):
    case_id: str
    title: str
    profile: VenueProfile
    tags: tuple[str, ...]
    calendar: str | None
    account: Mapping[str, Any] | None
    steps: Sequence[Mapping[str, Any]]
    expect_account: Mapping[str, str]

    @property
    def optional(self) -> tuple[str, ...]:
        """The features without which the case may be left out."""
        return tuple(
            tag.removeprefix("optional:") for tag in self.tags if tag.startswith("optional:")
        )


def read_cases(path: Path) -> list[Case]:
    """Raises CaseFileError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        cases = document["cases"]
        return [_case(each) for each in cases]
    except OSError as error:
        raise CaseFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CaseFileError(f"{path} is not a case file: {error!r}") from error


def _case(record: Mapping[str, Any]) -> Case:
    options = record.get("options", {})
    return Case(
        record["id"],
        record.get("title", ""),
        VenueProfile(
            basis=Basis(record["profile"]),
            liquidity=Liquidity(options.get("liquidity", "unlimited")),
            triggers=TriggerSource.QUOTE,
            in_market_stop=InMarketStop(options.get("in_market_stop", "trigger")),
            bar_path=BarPath(options.get("bar_path", "OHLC")),
        ),
        tuple(record.get("tags", ())),
        options.get("calendar"),
        record.get("account"),
        record["steps"],
        record.get("expect_account", {}),
    )


_PRICES = {
    "limit_price": "limit",
    "stop_price": "stop",
    "trail_price": "trail_amount",
    "trail_percent": "trail_percent",
    "notional": "notional",
}


def asked_for(step: Mapping[str, Any]) -> NewOrder:
    """What a submit step asks for. Raises UnknownFeatureError."""
    try:
        kind, tif = OrderType(step["type"]), TimeInForce(step.get("tif", "gtc"))
    except ValueError as error:
        raise UnknownFeatureError(str(error)) from error
    exits = step.get("bracket", {})
    profit, loss = exits.get("take_profit"), exits.get("stop_loss")
    prices = {ours: Decimal(step[theirs]) for ours, theirs in _PRICES.items() if step.get(theirs)}
    return NewOrder(
        symbol=SYMBOL,
        side=Side(step["side"]),
        type=kind,
        time_in_force=tif,
        quantity=Decimal(step["qty"]) if "qty" in step else None,
        expire_date=day_of(step["expire_date"]) if step.get("expire_date") else None,
        post_only=bool(step.get("post_only", False)),
        order_class=_class(profit is not None, loss is not None),
        take_profit=TakeProfit(Decimal(profit["limit"])) if profit else None,
        stop_loss=StopLoss(Decimal(loss["stop"]), _decimal(loss.get("limit"))) if loss else None,
        **prices,  # type: ignore[arg-type]  # each is one of the fields that are prices
    )


def refs_of(step: Mapping[str, Any]) -> list[str]:
    """The names of the orders that a submit step makes, in the order in which they are made."""
    exits = step.get("bracket", {})
    wanted = [exits[name]["ref"] for name in ("take_profit", "stop_loss") if exits.get(name)]
    return [step["ref"], *wanted]


def day_of(text: str) -> date:
    """A date, or the date of a moment."""
    return datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text)


def _class(profit: bool, loss: bool) -> OrderClass:
    if profit and loss:
        return OrderClass.BRACKET
    return OrderClass.OTO if profit or loss else OrderClass.SIMPLE


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
