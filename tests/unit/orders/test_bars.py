"""Bars as paths: which way they go, and where orders are met."""

from decimal import Decimal
from typing import Any

import pytest

from hub.domain.orders.bars import Move, distance, path_of, reaction_price
from hub.domain.orders.order import OrderType, Side, TimeInForce
from hub.domain.orders.venue import BarPath
from tests.fixtures.orders import BUY, SELL, bar
from tests.fixtures.values import AT, an_order


def move(start: str, end: str, *, jump: bool = False) -> Move:
    return Move(Decimal(start), Decimal(end), jump)


@pytest.mark.parametrize(
    ("path", "low", "points"),
    [
        (BarPath.OHLC, "99", "100 105 99 101"),
        (BarPath.OHLC, "80", "100 105 80 101"),
        (BarPath.ADAPTIVE, "99", "100 99 105 101"),
        (BarPath.ADAPTIVE, "80", "100 105 80 101"),
        (BarPath.ADAPTIVE, "95", "100 95 105 101"),
    ],
)
def test_a_bar_goes_to_its_extremes_in_the_order_that_is_stated(
    path: BarPath, low: str, points: str
):
    first, second, third, last = points.split()
    assert path_of(bar("100", "105", low, "101"), path) == (
        move(first, first, jump=True),
        move(first, second),
        move(second, third),
        move(third, last),
    )


@pytest.mark.parametrize(
    ("side", "prices", "way", "met"),
    [
        (BUY, {"limit_price": "99"}, move("100", "98"), "99"),
        (BUY, {"limit_price": "98"}, move("100", "98"), "98"),
        (BUY, {"limit_price": "97.99"}, move("100", "98"), None),
        (BUY, {"limit_price": "101"}, move("100", "98"), "100"),
        (BUY, {"limit_price": "101"}, move("100", "100", jump=True), "100"),
        (BUY, {"limit_price": "99"}, move("100", "100", jump=True), None),
        (SELL, {"limit_price": "101"}, move("100", "102"), "101"),
        (SELL, {"limit_price": "99"}, move("100", "102"), "100"),
        (BUY, {"stop_price": "101"}, move("100", "102"), "101"),
        (BUY, {"stop_price": "99"}, move("100", "102"), "100"),
        (SELL, {"stop_price": "99"}, move("100", "98"), "99"),
        (SELL, {"stop_price": "97.99"}, move("100", "98"), None),
        (SELL, {}, move("100", "98"), "100"),
    ],
)
def test_an_order_is_met_at_its_price_or_at_the_start_if_that_is_beyond(
    side: Side, prices: dict[str, str], way: Move, met: str | None
):
    values: dict[str, Any] = {name: Decimal(price) for name, price in prices.items()}
    order = an_order(side=side, type=OrderType.LIMIT, **values)
    assert reaction_price(order, way) == (None if met is None else Decimal(met))


def test_an_order_for_a_print_and_a_trail_without_a_mark_are_not_met_on_the_way():
    way = move("100", "98")
    assert reaction_price(an_order(time_in_force=TimeInForce.CLS), way) is None
    assert reaction_price(an_order(trail_price=Decimal(1)), way) is None


def test_a_triggered_stop_limit_is_met_at_its_limit():
    order = an_order(stop_price=Decimal(105), limit_price=Decimal(99), triggered_at=AT)
    assert reaction_price(order, move("100", "98")) == Decimal(99)


def test_how_far_along_the_way_a_price_lies():
    assert distance(move("100", "98"), Decimal(99)) == 1
    assert distance(move("98", "100"), Decimal(99)) == 1
