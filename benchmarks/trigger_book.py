"""What the trigger book costs: per quote as orders grow, to build, and until orders are sent."""

import argparse
import gc
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter, process_time, sleep
from typing import cast

from benchmarks.report import Figure, Report, percentile
from hub.application.orders.watch_resting_orders import (
    MARKS_AT_ONCE,
    RELOAD_EVERY,
    WatchRestingOrders,
)
from hub.application.ports.messages import Message
from hub.application.ports.orders import Orders
from hub.domain.kernel import AccountId, OrderId
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.quote import Quote
from hub.domain.market.trading_day import TradingDay
from hub.domain.orders.events import QuoteEvent
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail
from hub.domain.orders.trigger_book import Resting, TriggerBook, WaitingStop
from hub.domain.orders.venue import PAPER

SYMBOLS = [f"S{number}" for number in range(500)]
_NOON = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
_SIZE = Decimal(100)
_CENT = Decimal("0.01")
_NOTES = (
    "Orders are limits, stops and trailing stops (amount and percent) of both sides in equal",
    "parts, on 500 symbols. The publisher notes the time and nothing else; the latency counts from",
    "the moment an event was due. The database is not in it: the orders are in memory. Curve and",
    "build are in seconds of the processor, the rest by the wall. The garbage collector is told to",
    "leave alone what was loaded (gc.freeze); without that its full runs stop everything for 1 s.",
)


def measure(words: Sequence[str]) -> Report:
    parser = argparse.ArgumentParser(prog="./dev bench trigger_book")
    add = parser.add_argument
    add("--most", type=int, default=1_000_000, help="resting orders at the end of the curve")
    add("--seconds", type=float, default=40, help="how long events come at 1,000/s (40)")
    given = parser.parse_args(list(words))
    figures = []
    for count in (10_000, 100_000, 1_000_000):
        if count <= given.most:
            figures += _curve(count)
    figures += _reaching()
    return Report([*figures, *_latency(given.seconds)], _NOTES)


def resting_orders(count: int, seed: int = 7) -> Iterator[Resting]:
    """Around a market at 100, none nearer than 1."""
    dice = random.Random(seed)
    for number in range(count):
        side = Side.BUY if number % 2 else Side.SELL
        distance = Decimal(dice.randint(100, 2000)) / 100
        below = Decimal(100) - distance
        above = Decimal(100) + distance
        limit, stop = (below, above) if side is Side.BUY else (above, below)
        kind, symbol = number // 2 % 4, SYMBOLS[number // 8 % len(SYMBOLS)]
        waiting = None
        if kind == 1:
            waiting = WaitingStop(stop, None, None)
        elif kind > 1:
            trail = Trail(distance, None) if kind == 2 else Trail(None, distance)
            mark = Decimal(100) + (-_CENT if side is Side.BUY else _CENT) * dice.randint(10, 40)
            waiting = WaitingStop(trail.stop(side, mark), trail, mark)
        yield Resting(
            OrderId(f"{number:08}"),
            AccountId("a"),
            symbol,
            side,
            limit if waiting is None else None,
            waiting,
        )


def _curve(count: int) -> list[Figure]:
    orders = list(resting_orders(count))
    gc.collect()
    began = process_time()
    book = _book(orders)
    built = process_time() - began
    quotes = [_event(Decimal(100) + _CENT * step) for step in (-2, -1, 0, 1, 2)]
    for symbol in SYMBOLS:
        book.on_quote(symbol, quotes[0])
    costs = []
    for _ in range(7):
        began = process_time()
        for quote in quotes:
            for _ in range(4):
                for symbol in SYMBOLS:
                    book.on_quote(symbol, quote)
        costs.append((process_time() - began) / (len(quotes) * 4 * len(SYMBOLS)))
    assert len(book) == count
    name = f"{count:,} orders"
    return [
        Figure(f"{name}: quote that reaches nothing", round(median(costs) * 1e6, 2), "us", most=5),
        Figure(f"{name}: built in", round(built, 2), "s", most=5 if count == 100_000 else None),
    ]


def _reaching() -> list[Figure]:
    """A market that widens until every order is reached, and one that only moves the marks."""
    book = _book(resting_orders(100_000))
    took, reached = 0.0, 0
    for step in range(25):
        for symbol in SYMBOLS:
            away = Decimal(step)
            for quote in (_event(Decimal(100) - away), _event(Decimal(100) + away)):
                began = perf_counter()
                reached += len(book.on_quote(symbol, quote))
                took += perf_counter() - began
    rising = _book(resting_orders(100_000))
    costs = []
    for step in range(40):
        for symbol in SYMBOLS:
            quote = _event(Decimal(100) + _CENT * 2 * step)
            began = perf_counter()
            rising.on_quote(symbol, quote)
            costs.append(perf_counter() - began)
    began = perf_counter()
    moved = rising.moved(MARKS_AT_ONCE)
    rising.forget_moved()
    told = perf_counter() - began
    return [
        Figure("an order that is reached", round(took / reached * 1e6, 2), "us"),
        Figure("quote in a market that rises, p50", round(percentile(costs, 0.5) * 1e6, 2), "us"),
        Figure("quote in a market that rises, p99", round(percentile(costs, 0.99) * 1e6, 2), "us"),
        Figure(f"telling {len(moved)} marks", round(told * 1e3, 1), "ms", most=20),
    ]


class _Saved:
    """The orders as a database would have them, that nothing changes."""

    def __init__(self, orders: list[Resting]) -> None:
        self._orders = orders

    def resting(self, since: datetime) -> Sequence[Resting]:
        return self._orders if since.year == 1 else []

    def save_marks(self, moved: Sequence[Resting]) -> None:
        """They stay in memory."""


class _Clock:
    """The wall's time is not asked for by events; the refreshes are a second apart."""

    def __init__(self) -> None:
        self.moment = _NOON

    def now(self) -> datetime:
        return self.moment


class _Ids:
    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return str(self._count)


class _Open:
    """The market is open all the while."""

    def around(self, exchange: str, moment: datetime) -> Calendar:
        hours = timedelta(hours=3)
        return Calendar([Session(exchange, date(2026, 1, 5), moment - hours, moment + hours)])

    def days(self, _exchange: str, _first: date, _last: date, _limit: int) -> Sequence[TradingDay]:
        return []


class _Noted:
    """When each message was handed over."""

    def __init__(self) -> None:
        self.at: list[tuple[float, int]] = []

    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        self.at.append((perf_counter(), len(messages)))
        return [message.message_id for message in messages]


def _latency(seconds: float, pace: int = 1_000) -> list[Figure]:
    """Events at a pace, with a refresh each second, some of them whole reloads."""
    clock, noted = _Clock(), _Noted()
    orders = cast("Orders", _Saved(list(resting_orders(100_000))))
    watch = WatchRestingOrders(orders, noted, _Open(), clock, _Ids(), PAPER)
    began = perf_counter()
    watch.refresh()
    loaded = perf_counter() - began
    gc.collect()
    gc.freeze()
    dice = random.Random(7)
    prices = dict.fromkeys(SYMBOLS, 10_000)
    late: list[float] = []
    stalls: list[float] = []
    sent = 0
    start = perf_counter()
    for number in range(int(seconds * pace)):
        due = start + number / pace
        if (wait := due - perf_counter()) > 0:
            sleep(wait)
        if number % pace == pace - 1:
            clock.moment += timedelta(seconds=1)
            before = perf_counter()
            watch.refresh()
            stalls.append(perf_counter() - before)
        symbol = dice.choice(SYMBOLS)
        prices[symbol] += dice.randint(-30, 30)
        handed = len(noted.at)
        sent += watch.observe(_quote(symbol, Decimal(prices[symbol]) / 100, number))
        late += [at - due for at, _ in noted.at[handed:]]
    name = f"{pace:,} events/s on 100,000 orders"
    reloads = int(seconds / RELOAD_EVERY.total_seconds())
    return [
        Figure("first load of 100,000 orders into the watch", round(loaded, 2), "s", most=5),
        Figure(f"{name}: sent after p50", round(percentile(late, 0.5) * 1e3, 3), "ms"),
        Figure(f"{name}: sent after p99", round(percentile(late, 0.99) * 1e3, 2), "ms", most=20),
        Figure(f"{name}: sent after at most", round(max(late) * 1e3, 1), "ms"),
        Figure(f"longest refresh, with {reloads} reloads", round(max(stalls) * 1e3, 1), "ms"),
        Figure("orders sent meanwhile", sent),
    ]


def _book(orders: Sequence[Resting] | Iterator[Resting]) -> TriggerBook:
    book = TriggerBook(PAPER)
    for order in orders:
        book.put(order)
    return book


def _event(bid: Decimal) -> QuoteEvent:
    return QuoteEvent(bid, bid + _CENT, _SIZE, _SIZE)


def _quote(symbol: str, bid: Decimal, number: int) -> Quote:
    return Quote(f"q{number}", symbol, bid, bid + _CENT, bid, _SIZE, _SIZE, _NOON)
