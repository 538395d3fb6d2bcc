"""How many market events a second the matching core weighs against a resting order of each type."""

import argparse
import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle, islice
from statistics import median
from time import process_time

from benchmarks.report import Figure, Report
from hub.domain.kernel import AccountId, InstrumentId, OrderId
from hub.domain.orders.events import Market, QuoteEvent, supply_of
from hub.domain.orders.matching import Steps, meet_quote
from hub.domain.orders.order import Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.venue import PAPER, VenueProfile

LEAST = 200_000
_AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
_ZERO = Decimal(0)
_SIZE = Decimal(100)
_PRICES = [Decimal(10_000 + each % 7) / 100 for each in range(64)]
_NOTES = (
    "Each event is a quote that a resting sale meets and is not reached by; 'all five' is one",
    "event against one order of each type. The ratio is to a loop in the same round that calls an",
    "empty function with the same arguments; medians of the rounds, in seconds of the processor.",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench matching_core")
    parser.add_argument("--events", type=int, default=100_000, help="per type and round (100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each of every type (5)")
    given = parser.parse_args(list(words))
    orders = resting_orders()
    lanes = {name: [order] for name, order in orders.items()} | {"all five": list(orders.values())}
    rates: dict[str, list[float]] = {name: [] for name in lanes}
    ratios: dict[str, list[float]] = {name: [] for name in lanes}
    for _ in range(given.rounds):
        for name, some in lanes.items():
            ours = _seconds(meet_quote, some, given.events)
            empty = _seconds(_nothing, some, given.events)
            rates[name].append(given.events / ours)
            ratios[name].append(ours / empty)
    figures = [Figure(f"{name}: events/s", round(median(rates[name])), "", LEAST) for name in lanes]
    figures += [
        Figure(f"{name}: times an empty call", round(median(each), 2))
        for name, each in ratios.items()
    ]
    return Report(figures, _NOTES, {"events/s by round": rates})


def resting_orders() -> dict[str, Order]:
    """A sale of each type that waits while the market is near 100."""
    order = Order(
        order_id=OrderId("o"),
        account_id=AccountId("a"),
        client_order_id="c",
        instrument_id=InstrumentId("i"),
        symbol="AAPL",
        side=Side.SELL,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        quantity=_SIZE,
        limit_price=None,
        state=State.NEW,
        filled_quantity=_ZERO,
        filled_value=_ZERO,
        fills=0,
        reserved_cash=_ZERO,
        reserved_quantity=_SIZE,
        market_price=_SIZE,
        reason_code=None,
        reason=None,
        market_time=_AT,
        created_at=_AT,
        updated_at=_AT,
        executed_at=None,
    )
    below, above, mark = Decimal(90), Decimal(110), Decimal(101)
    trailing = replace(order, type=OrderType.TRAILING_STOP, water_mark=mark, stop_price=Decimal(91))
    return {
        "limit": replace(order, limit_price=above),
        "stop": replace(order, type=OrderType.STOP, stop_price=below),
        "stop_limit": replace(
            order, type=OrderType.STOP_LIMIT, stop_price=below, limit_price=below
        ),
        "trailing amount": replace(trailing, trail_price=Decimal(10)),
        "trailing percent": replace(
            trailing, trail_percent=Decimal(10), stop_price=Decimal("90.90")
        ),
    }


def _seconds(
    meet: Callable[[Order, QuoteEvent, Market, VenueProfile], Steps],
    orders: Sequence[Order],
    events: int,
) -> float:
    quotes = [QuoteEvent(bid, bid + Decimal("0.01"), _SIZE, _SIZE) for bid in _PRICES]
    seen = [Market().at_quote(each, supply_of(each, displayed=True)) for each in quotes]
    gc.collect()
    began = process_time()
    for quote, market in islice(cycle(zip(quotes, seen, strict=True)), events):
        for order in orders:
            meet(order, quote, market, PAPER)
    return process_time() - began


def _nothing(_order: Order, _quote: QuoteEvent, _market: Market, _profile: VenueProfile) -> Steps:
    """What a call costs by itself."""
    return ()
