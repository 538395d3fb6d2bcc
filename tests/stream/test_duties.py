"""The leader's duties: every event is looked at in order, whatever waits or fails."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from hub.domain.kernel import UnavailableError
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.backlog import Backlog
from stream.counts import Counts
from stream.duties import Duties
from tests.stream.test_backlog import quote, trade


class Watch:
    """Writes down what it sees; `while_looking` runs at each event."""

    def __init__(self, while_looking: Callable[[], object] = lambda: None) -> None:
        self.seen: list[str] = []
        self.refreshed = 0
        self._while_looking = while_looking

    def refresh(self) -> int:
        self.refreshed += 1
        return 0

    def observe(self, quote: Quote) -> int:
        self.seen.append(quote.quote_id)
        self._while_looking()
        return 1

    def observe_trade(self, trade: Trade) -> int:
        self.seen.append(trade.trade_id)
        self._while_looking()
        return 0


def nothing() -> int:
    return 0


async def test_trades_and_quotes_are_looked_at_in_their_order_even_while_one_takes_long():
    going_on = threading.Event()
    watch = Watch(lambda: going_on.wait(5))
    duties = Duties(watch, nothing, Counts())
    for number in range(500):
        await duties.observe(quote(number, 10))
        await duties.observe_trade(trade(number, 10))
    await asyncio.sleep(0.01)
    going_on.set()
    await duties.settled()

    expected = [each for n in range(500) for each in (f"AAPL-1-{n}", f"T-{n}")]
    assert watch.seen == expected
    assert watch.refreshed == 1


async def test_under_a_flood_a_price_that_was_touched_and_left_is_still_seen():
    going_on = threading.Event()
    watch = Watch(lambda: going_on.wait(5))
    counts = Counts()
    duties = Duties(watch, nothing, counts, backlog=Backlog(bound=1))
    await duties.observe(quote(0, 10))
    await asyncio.sleep(0.05)
    for number, bid in enumerate((10, 10, 3, 10, 10, 10), 1):
        await duties.observe(quote(number, bid))
    going_on.set()
    await duties.settled()

    assert "AAPL-1-3" in watch.seen
    assert "AAPL-1-4" not in watch.seen
    assert watch.seen[-1] == "AAPL-1-6"
    assert counts.thinned == 5


async def test_it_is_measured_how_long_an_order_that_was_reached_waited():
    counts = Counts()
    duties = Duties(Watch(lambda: time.sleep(0.03)), nothing, counts)
    await duties.observe_trade(trade(1, 10))
    await duties.observe(quote(1, 10))
    await duties.settled()
    lines = counts.trigger_latency.lines("latency")

    # The trade before it was looked at first, and only the quote reached an order.
    assert 'latency_bucket{le="0.05"} 0' in lines
    assert lines[-1] == "latency_count 1"
    assert counts.watch_lag.lines("lag")[-1] == "lag_count 2"


async def test_what_is_away_for_a_while_costs_no_event():
    def away() -> int:
        raise UnavailableError("the database does not answer")

    watch = Watch()
    watch.refresh = away  # type: ignore[method-assign]
    duties = Duties(watch, away, Counts())
    await duties.observe(quote(1, 10))
    await duties.settled()
    await duties.observe(quote(2, 10))
    await duties.settled()

    assert watch.seen == ["AAPL-1-1", "AAPL-1-2"]


async def test_an_error_that_nobody_expected_is_raised_at_the_next_event():
    def break_off() -> None:
        raise ZeroDivisionError

    duties = Duties(Watch(break_off), nothing, Counts())
    await duties.observe(quote(1, 10))
    with pytest.raises(ZeroDivisionError):
        await duties.settled()
    with pytest.raises(ZeroDivisionError):
        await duties.observe(quote(2, 10))


async def test_the_outbox_is_swept_at_the_first_event():
    swept: list[int] = []

    def sweep() -> int:
        swept.append(1)
        return 3

    duties = Duties(Watch(), sweep, Counts())
    for number in range(3):
        await duties.observe(quote(number, 10))
        await duties.settled()

    assert swept == [1]
