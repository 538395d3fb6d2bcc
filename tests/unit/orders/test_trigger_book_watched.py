"""What watches resting orders: what it sends, saves, takes in and lets go."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from hub.application.orders import watch_resting_orders
from hub.application.orders.election import Election, election_from
from hub.application.orders.watch_resting_orders import RELOAD_EVERY, SAVE_EVERY, WatchRestingOrders
from hub.domain.kernel import AccountId, OrderId
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from hub.domain.market.trading_day import TradingDay
from hub.domain.orders.events import Condition
from hub.domain.orders.order import Side
from hub.domain.orders.stops import Trail
from hub.domain.orders.trigger_book import Resting, WaitingStop
from hub.domain.orders.venue import PAPER
from tests.fixtures.ports import HeldMessages, MovedClock, SeededIds

OPEN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
CLOSE = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)
NOON = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
SIZE = Decimal(100)


class SavedOrders:
    """The orders as the database has them; what changed is what a test says has changed."""

    def __init__(self) -> None:
        self.all: dict[str, Resting] = {}
        self.changed: list[Resting] = []
        self.saved: list[Resting] = []

    def rest(self, order: Resting) -> None:
        self.all[order.order_id] = order
        self.changed.append(order)

    def resting(self, since: datetime) -> Sequence[Resting]:
        return list(self.all.values()) if since.year == 1 else list(self.changed)

    def save_marks(self, moved: Sequence[Resting]) -> None:
        self.saved += moved


class OneSession:
    """A calendar of one session, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def around(self, exchange: str, moment: datetime) -> Calendar:
        self.asked += 1
        following = timedelta(days=1)
        days = [Session(exchange, date(2026, 1, 5), OPEN, CLOSE)]
        days.append(Session(exchange, date(2026, 1, 6), OPEN + following, CLOSE + following))
        return Calendar(days)

    def days(self, _exchange: str, _first: date, _last: date, _limit: int) -> Sequence[TradingDay]:
        return []


class Watched:
    def __init__(self) -> None:
        self.orders = cast("Any", SavedOrders())
        self.queue = HeldMessages()
        self.calendars = OneSession()
        self.clock = MovedClock()
        self.watch = WatchRestingOrders(
            self.orders, self.queue, self.calendars, self.clock, SeededIds(self.clock), PAPER
        )

    def refresh_after(self, time: timedelta) -> int:
        self.clock.advance(time.total_seconds())
        return self.watch.refresh()

    def sent(self) -> list[tuple[str, Election | None]]:
        return [(each["order_id"], election_from(each)) for each in self.queue.take_submitted(99)]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def limit(name: str, price: str = "100") -> Resting:
    return Resting(OrderId(name), AccountId("a"), "AAPL", Side.BUY, Decimal(price))


def trailing(name: str, mark: str = "130") -> Resting:
    trail = Trail(Decimal(10), None)
    stop = WaitingStop(trail.stop(Side.SELL, Decimal(mark)), trail, Decimal(mark))
    return Resting(OrderId(name), AccountId("a"), "AAPL", Side.SELL, None, stop)


def quote(bid: str, ask: str, time: datetime = NOON, **more: Any) -> Quote:
    bids, asks = Decimal(bid), Decimal(ask)
    return Quote(f"q{bid}", "AAPL", bids, asks, bids, SIZE, SIZE, time, **more)


def trade(price: str, **more: Any) -> Trade:
    return Trade(f"t{price}", "AAPL", Decimal(price), SIZE, **{"time": NOON, **more})


def test_what_a_quote_reaches_is_sent_with_that_quote(watched):
    watched.orders.rest(limit("one"))
    watched.watch.refresh()
    seen = quote("99", "100")
    assert watched.watch.observe(quote("100", "101")) == 0
    assert watched.watch.observe(seen) == 1
    assert watched.sent() == [("one", Election(seen, None))]
    assert watched.watch.observe(seen) == 0


def test_a_trailing_stop_is_sent_with_stop_and_mark_as_they_stood(watched):
    watched.orders.rest(trailing("t"))
    watched.watch.refresh()
    watched.watch.observe(quote("150", "151"))
    seen = quote("139", "141")
    watched.watch.observe(seen)
    assert watched.sent() == [("t", Election(seen, None, Decimal(140), Decimal(150)))]


def test_what_a_trade_reaches_is_sent_with_it_and_the_quote_that_stood(watched):
    watched.orders.rest(trailing("t"))
    watched.watch.refresh()
    stood, seen = quote("125", "126"), trade("120")
    watched.watch.observe(stood)
    assert watched.watch.observe_trade(seen) == 1
    assert watched.sent() == [("t", Election(stood, seen, Decimal(120), Decimal(130)))]


def test_the_first_quote_tells_that_the_symbol_has_trades(watched):
    watched.orders.rest(trailing("t"))
    watched.watch.refresh()
    seen = quote("110", "126", last_size=SIZE, last_trade_id="t0")._replace(last=Decimal(125))
    assert watched.watch.observe(seen) == 0
    assert watched.watch.observe_trade(trade("120")) == 1


def test_a_print_reaches_those_that_wait_for_it_though_the_session_is_over(watched):
    closing = limit("cls")._replace(at_print=Condition.CLOSING)
    watched.orders.rest(closing)
    watched.watch.refresh()
    seen = trade("90", time=CLOSE, condition="closing")
    assert watched.watch.observe_trade(seen) == 1


def test_stops_and_regular_limits_sleep_outside_the_session(watched):
    watched.orders.rest(trailing("t"))
    watched.orders.rest(limit("one"))
    watched.watch.refresh()
    for moment in (OPEN - timedelta(seconds=1), CLOSE, CLOSE + timedelta(hours=5)):
        assert watched.watch.observe(quote("99", "100", moment)) == 0
    assert watched.watch.observe(quote("99", "100", OPEN + timedelta(days=1))) == 2


def test_the_calendar_is_asked_once_per_session(watched):
    for seconds in range(50):
        watched.watch.observe(quote("99", "100", NOON + timedelta(seconds=seconds)))
    assert watched.calendars.asked == 1


def test_a_close_that_is_only_shown_reaches_nothing(watched):
    watched.orders.rest(limit("one"))
    watched.watch.refresh()
    assert watched.watch.observe(quote("99", "100", last_close=True)) == 0


def test_what_the_queue_did_not_take_is_sent_with_the_next_refresh(watched):
    watched.orders.rest(limit("one"))
    watched.watch.refresh()
    watched.queue.up = False
    seen = quote("99", "100")
    assert watched.watch.observe(seen) == 0
    watched.queue.up = True
    watched.orders.changed.clear()
    watched.watch.refresh()
    assert watched.sent() == [("one", Election(seen, None))]


def test_an_order_that_came_to_rest_after_its_quote_is_sent_with_the_refresh(watched):
    watched.watch.refresh()
    seen = quote("99", "100")
    watched.watch.observe(seen)
    watched.orders.rest(limit("late"))
    watched.watch.refresh()
    assert watched.sent() == [("late", Election(seen, None))]


def test_what_was_reached_as_it_was_put_is_sent_once_and_reached_by_the_next_quote_too(watched):
    watched.watch.refresh()
    first, second = quote("99", "100"), quote("98", "99")
    watched.watch.observe(first)
    watched.orders.rest(limit("late"))
    for _ in range(2):
        watched.watch.refresh()
        watched.orders.changed.clear()
        watched.clock.advance(RELOAD_EVERY.total_seconds())
    assert watched.watch.observe(second) == 1
    assert watched.sent() == [("late", Election(first, None)), ("late", Election(second, None))]


def test_a_trailing_stop_that_was_sent_late_is_still_where_it_stood(watched):
    watched.watch.refresh()
    watched.watch.observe(quote("119", "121"))
    watched.orders.rest(trailing("t"))
    watched.watch.refresh()
    watched.watch.observe(quote("118", "121"))
    assert [election.mark for _, election in watched.sent()] == [Decimal(130), Decimal(130)]


def test_marks_are_saved_every_few_seconds_and_once(watched):
    watched.orders.rest(trailing("t"))
    watched.watch.refresh()
    watched.watch.observe(quote("150", "151"))
    watched.refresh_after(SAVE_EVERY / 2)
    assert watched.orders.saved == []
    watched.refresh_after(SAVE_EVERY / 2)
    assert [each.stop.mark for each in watched.orders.saved] == [Decimal(150)]
    watched.refresh_after(SAVE_EVERY)
    assert len(watched.orders.saved) == 1


def test_a_whole_reload_keeps_how_far_stops_came_and_lets_go_what_rests_no_more(watched):
    watched.orders.rest(trailing("t"))
    watched.orders.rest(limit("gone", "50"))
    watched.watch.refresh()
    watched.watch.observe(quote("150", "151"))
    del watched.orders.all["gone"]
    watched.orders.changed.clear()
    watched.refresh_after(RELOAD_EVERY)
    assert watched.watch.refresh() == 1
    watched.watch.observe(quote("139", "141"))
    assert [name for name, _ in watched.sent()] == ["t"]


def test_a_reload_goes_by_slices_and_leaves_out_what_was_sent_meanwhile(watched, monkeypatch):
    monkeypatch.setattr(watch_resting_orders, "SLICE", 2)
    for name in ("a", "b", "c", "d"):
        watched.orders.rest(limit(name, "90" if name == "d" else "80"))
    watched.watch.refresh()
    watched.orders.changed.clear()
    watched.refresh_after(RELOAD_EVERY)
    assert watched.watch.observe(quote("84", "85")) == 1
    watched.watch.observe(quote("94", "95"))
    for _ in range(3):
        assert watched.watch.refresh() == 3
    assert watched.refresh_after(RELOAD_EVERY) == 3
    watched.watch.refresh()
    assert watched.watch.refresh() == 4


def test_a_message_says_what_it_is_about(watched):
    watched.orders.rest(limit("one"))
    watched.watch.refresh()
    watched.watch.observe(quote("99", "100"))
    (message,) = watched.queue.messages
    body = json.loads(message.body)
    assert (message.destination, message.account_id) == ("orders-triggered", "a")
    assert (body["order_id"], body["symbol"], body["trace_id"]) == ("one", "AAPL", "q99")
