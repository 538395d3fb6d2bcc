"""The cases of order behaviour, driven through the use cases on a real database.

`order_cases.json` is a copy of the project's cases, whose head explains schema and profiles.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub.application.orders.watch_resting_orders import SAVE_EVERY
from hub.domain.accounts.position import InsufficientHoldingsError
from hub.domain.orders.order import Order, State
from tests.fixtures.worlds import Customer, World

CASES = json.loads(Path(__file__).with_name("order_cases.json").read_text(encoding="utf-8"))[
    "cases"
]
SHARES = "10000"
PRICES = {"limit": "limit", "stop": "stop_price", "trail_amount": "trail_price"}

# What a case needs that the engine does not offer yet.
MISSING = {
    "profile last": lambda case: case["profile"] == "last",
    "profile bar": lambda case: case["profile"] == "bar",
    "displayed liquidity": lambda case: case["options"].get("liquidity") == "displayed",
    "replace": lambda case: "replace" in case["tags"],
    "bracket": lambda case: "bracket" in case["tags"],
}


def missing(case: Mapping[str, Any]) -> set[str]:
    return {feature for feature, is_needed in MISSING.items() if is_needed(case)}


OFFERED = [pytest.param(case, id=case["id"]) for case in CASES if not missing(case)]


class Play:
    """One case under way: orders by their names in it."""

    def __init__(self, world: World, case: Mapping[str, Any]) -> None:
        self.world = world
        given = case.get("account", {})
        self.customer: Customer = world.customer(given.get("cash", "50000000.00"))
        self.refused: set[str] = set()
        self.orders: dict[str, Order] = {}
        if not given:
            # Without an account a case may sell what it does not hold; here it holds enough.
            world.give(self.customer, SHARES, "1000.00")

    def step(self, step: Mapping[str, Any]) -> None:
        getattr(self, step["event"])(step)
        for ref, expected in step.get("expect", {}).items():
            self.check(ref, expected)

    def quote(self, step: Mapping[str, Any]) -> None:
        self.world.tick(step["bid"], step["ask"])
        # Let the marks of trailing stops be saved, where everybody can see them.
        self.world.pass_time(SAVE_EVERY.total_seconds())
        self.world.hub.watch_resting_orders.refresh()
        self.world.quote("AAPL", step["bid"], step["ask"])

    def submit(self, step: Mapping[str, Any]) -> None:
        prices = {ours: step[theirs] for theirs, ours in PRICES.items() if theirs in step}
        if "trail_percent" in step:
            prices["trail_percent"] = step["trail_percent"]
        try:
            order = self.world.submit(
                self.customer, step["side"], step["qty"], tif=step.get("tif", "gtc"), **prices
            )
        except InsufficientHoldingsError:
            self.refused.add(step["ref"])
            return
        self.orders[step["ref"]] = order
        assert self.world.process().failed == []

    def clock(self, step: Mapping[str, Any]) -> None:
        self.world.market(datetime.fromisoformat(step["at"]))
        self.world.hub.expire_orders("case")

    def check(self, ref: str, expected: Mapping[str, Any]) -> None:
        if ref in self.refused:
            assert expected["status"] == "rejected"
            return
        order = self.world.order(self.customer, self.orders[ref])
        seen = {
            "status": "accepted" if order.state is State.NEW else order.state.value,
            "filled_qty": order.filled_quantity,
            "avg_price": order.average_price,
            "stop": order.stop_price,
            "triggered": order.triggered_at is not None,
        }
        wanted = {
            name: Decimal(value) if name in {"filled_qty", "avg_price", "stop"} else value
            for name, value in expected.items()
        }
        assert {name: seen[name] for name in wanted} == wanted


@pytest.mark.parametrize("case", OFFERED)
def test_a_case_goes_as_it_is_expected_to(case: Mapping[str, Any], world: World):
    play = Play(world, case)
    for step in case["steps"]:
        play.step(step)
    if "expect_account" in case:
        wanted = case["expect_account"]
        assert world.balance(play.customer).total == Decimal(wanted["cash"])
        assert world.position(play.customer).quantity == Decimal(wanted["position"])


@pytest.mark.parametrize("feature", MISSING)
def test_a_feature_counts_as_missing_only_while_a_case_needs_it(feature: str):
    assert [case["id"] for case in CASES if MISSING[feature](case)]
