"""Orders at an outside venue that misbehaves: right in the end, and once, on a real database."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from functions.orders import job_follow_routed_orders, on_order_routed
from hub import bootstrap
from hub.adapters.alpaca.line import AlpacaLine
from hub.adapters.alpaca.venue import AlpacaVenue
from hub.application.orders.cancel_all_orders import CancelAllOrdersCommand
from hub.application.orders.follow_order import FollowOrderCommand
from hub.application.orders.retry_order import RetryOrderCommand
from hub.application.ports.messages import Failed
from hub.application.ports.orders import OpenOrders
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import OrderId, UnavailableError
from hub.domain.orders.entry_rules import StopLoss
from hub.domain.orders.order import Order, OrderClass, State
from hub.domain.orders.replacing import NotReplaceableError
from hub.domain.orders.routing import NotOfferedError
from local.services.valkey import Valkey
from tests.fixtures.alpaca_venue import KEYS, FakeVenue, fake_venue
from tests.fixtures.databases import Databases
from tests.fixtures.ladders import Context
from tests.fixtures.worlds import OPEN, TRACE, World, open_world

D = Decimal
# After so long nothing that was sent is still on its way.
LANDED = 60


class Broker:
    """The world, with its orders at the venue, and what looks after them."""

    def __init__(self, world: World, venue: FakeVenue, line: AlpacaLine) -> None:
        self.world = world
        self.venue = venue
        self.line = line
        venue.forget()
        world.pass_time(LANDED)
        world.market(OPEN)
        self.customer = world.customer("10000")
        world.quote("AAPL", "99.98", "100")

    def leave(self) -> None:
        """What the test has left open is asked back from a venue that knows nothing of it."""
        self.venue.forget()
        self.world.pass_time(LANDED)
        which = OpenOrders(self.customer.customer_id)
        self.world.hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE))
        self.look()

    def buy(self, quantity: str = "10", limit: str | None = "100", **more: Any) -> Order:
        """An order on its way to the venue, which does not know it yet."""
        order = self.world.submit(self.customer, "buy", quantity, limit=limit, **more)
        assert self.world.process().failed == []
        return order

    def follow(self, order: Order) -> None:
        """On a fresh connection, as after a while."""
        self.line.close()
        self.world.hub.follow_order(FollowOrderCommand(order.order_id, TRACE))

    def follow_in_vain(self, order: Order) -> None:
        with pytest.raises(UnavailableError):
            self.follow(order)

    def look(self) -> int:
        """What the job does each minute, and what follows from it. How many orders it sent."""
        self.line.close()
        self.world.sent.take_routed()
        sent = self.world.hub.follow_routed_orders(TRACE)
        for each in self.world.sent.take_routed():
            self.world.hub.follow_order(FollowOrderCommand(OrderId(each["order_id"]), TRACE))
        return sent

    def now(self, order: Order) -> Order:
        return self.world.order(self.customer, order)

    @property
    def balance(self) -> Balance:
        return self.world.balance(self.customer)

    def assert_bought_once(self, order: Order, price: str = "99.50") -> None:
        """All ten, at `price`: money and shares moved, nothing is held back."""
        now = self.now(order)
        assert (now.state, now.filled_quantity, now.reserved_cash) == (State.FILLED, D(10), D(0))
        assert self.balance == Balance(D(10000) - 10 * D(price), D(0), D(0))
        assert self.world.position(self.customer).quantity == 10
        assert len(self.venue.orders) == 1

    def assert_nothing_happened(self, order: Order, state: State) -> None:
        assert self.now(order).state is state
        assert self.balance == Balance(D(10000), D(0), D(0))


@pytest.fixture(scope="module")
def at_venue(databases: Databases, cache: Valkey) -> Iterator[tuple[World, FakeVenue, AlpacaLine]]:
    """A world whose orders go to a venue of its own; each test has its own customer there."""
    with open_world(databases, cache) as world, fake_venue() as venue:
        world.settings = world.settings._replace(venue_name="alpaca")
        bootstrap.hub.cache_clear()
        with patch.object(bootstrap, "read_settings", lambda: world.settings):
            world.hub = world.wire(bootstrap.hub())
        line = AlpacaLine(venue.url, lambda: KEYS, world.clock, timeout=30)
        world.hub.outside_venue = AlpacaVenue(line)
        yield world, venue, line
        line.close()
        assert world.broken_invariants() == {}


@pytest.fixture
def broker(at_venue: tuple[World, FakeVenue, AlpacaLine]) -> Iterator[Broker]:
    broker = Broker(*at_venue)
    yield broker
    broker.leave()


def events(world: World, order: Order) -> list[str]:
    rows = world.sql(
        "SELECT type FROM account_events WHERE order_id = %s ORDER BY sequence", order.order_id
    )
    return [kind for (kind,) in rows]


def test_an_order_is_sent_filled_in_parts_and_booked_as_the_venue_says(broker: Broker):
    order = broker.buy()
    broker.follow(order)
    sent = broker.venue.order_of(order)
    assert {name: sent[name] for name in ("symbol", "side", "type", "time_in_force")} == {
        "symbol": "AAPL",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
    }
    assert (sent["qty"], sent["limit_price"]) == ("10", "100.00")
    assert broker.look() == 0
    broker.venue.fill(order, "4", "99.50")
    assert broker.look() == 1
    part = broker.now(order)
    assert (part.state, part.filled_quantity) == (State.PARTIALLY_FILLED, D(4))
    assert broker.balance == Balance(D(9602), D(0), D(600))
    broker.venue.fill(order, "6", "99.50")
    broker.look()
    broker.follow(order)
    assert broker.look() == 0

    broker.assert_bought_once(order)
    assert events(broker.world, order) == [
        "OrderSubmitted",
        "OrderEntered",
        "OrderRouted",
        "OrderSent",
        "OrderPartiallyExecuted",
        "OrderExecuted",
    ]


@pytest.mark.parametrize("kind", ["cut", "half", "garbage", "500"])
def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(broker: Broker, kind: str):
    order = broker.buy()
    broker.venue.fail("POST", kind, done=True)
    broker.follow_in_vain(order)
    assert broker.now(order).state is State.NEW
    broker.venue.fill(order, "10", "99.50")
    broker.follow(order)

    broker.assert_bought_once(order)
    assert broker.venue.count("POST") == 1


@pytest.mark.parametrize("kind", ["cut", "garbage", "500", "503", "401", "429"])
def test_an_order_that_the_venue_did_not_take_is_sent_again(broker: Broker, kind: str):
    order = broker.buy()
    broker.venue.fail("POST", kind)
    broker.follow_in_vain(order)
    broker.world.pass_time(LANDED)
    broker.follow(order)
    broker.venue.fill(order, "10", "99.50")
    broker.follow(order)

    broker.assert_bought_once(order)


def test_a_venue_that_wants_fewer_requests_gets_none_until_it_said(broker: Broker):
    order = broker.buy()
    broker.venue.fail("POST", "429")
    broker.follow_in_vain(order)
    broker.follow_in_vain(order)
    assert len(broker.venue.requests) == 1
    broker.world.pass_time(31)
    broker.follow(order)
    assert broker.venue.order_of(order)["status"] == "accepted"


def test_an_order_that_is_sent_twice_at_once_is_there_once(broker: Broker):
    order = broker.buy()
    broker.venue.on_submit = lambda name: filled.append(broker.venue.fill(name, "10", "99.50"))
    filled: list[object] = []
    # Its kept connection is cut after the order was taken: the request is made once more.
    broker.line.ask("GET", "/v2/orders", query={"limit": "1"})
    broker.venue.fail("POST", "cut", done=True)
    broker.world.hub.follow_order(FollowOrderCommand(order.order_id, TRACE))

    assert broker.venue.count("POST") == 2
    broker.assert_bought_once(order)


def test_a_fill_that_is_told_by_halves_is_booked_when_it_is_told(broker: Broker):
    order = broker.buy()
    broker.follow(order)
    broker.venue.fill(order, "3", "99.50")
    broker.venue.tells_fills = False
    broker.venue.fill(order, "7", "99.50")
    broker.follow_in_vain(order)
    broker.venue.tell_fills()
    # Activities come twice, and in no order.
    broker.venue.activities.append(dict(broker.venue.activities[0]))
    broker.venue.activities.reverse()
    broker.follow(order)
    broker.follow(order)

    broker.assert_bought_once(order)
    rows = broker.world.sql(
        "SELECT quantity, price FROM executions WHERE order_id = %s ORDER BY fill_sequence",
        order.order_id,
    )
    assert rows == [(D(3), D("99.5")), (D(7), D("99.5"))]


def test_a_cancel_gives_back_what_was_not_filled_once_the_venue_says_so(broker: Broker):
    order = broker.buy()
    broker.follow(order)
    broker.venue.fill(order, "4", "99.50")
    wanted = broker.world.cancel(broker.customer, order)
    assert wanted.state is State.PENDING_CANCEL
    assert broker.balance.reserved == D(1000)
    broker.venue.fail("DELETE", "500", done=True)
    broker.follow_in_vain(order)
    broker.look()

    ended = broker.now(order)
    assert (ended.state, ended.filled_quantity) == (State.CANCELED, D(4))
    assert broker.balance == Balance(D(9602), D(0), D(0))
    assert ended.reason_code is None
    assert broker.venue.order_of(order)["status"] == "canceled"


def test_a_cancel_that_comes_too_late_is_a_fill(broker: Broker):
    order = broker.buy()
    broker.follow(order)
    broker.world.cancel(broker.customer, order)
    broker.venue.fill(order, "10", "99.50")
    broker.follow(order)

    broker.assert_bought_once(order)


def test_a_fill_between_our_look_and_our_cancel_is_not_lost(broker: Broker):
    order = broker.buy()
    broker.follow(order)
    standing = broker.world.hub.outside_venue.find(order.order_id)
    assert standing is not None
    broker.world.cancel(broker.customer, order)
    broker.venue.fill(order, "10", "99.50")
    stale = FollowOrderCommand(order.order_id, TRACE, standing)
    broker.world.hub.follow_order(stale)

    broker.assert_bought_once(order)


def test_an_order_that_was_never_sent_is_canceled_without_the_venue(broker: Broker):
    order = broker.buy()
    broker.world.cancel(broker.customer, order)
    broker.follow(order)

    broker.assert_nothing_happened(order, State.CANCELED)
    assert broker.venue.requests == []


def test_an_order_that_may_be_on_its_way_is_not_canceled_before_it_has_landed(broker: Broker):
    order = broker.buy()
    broker.venue.fail("POST", "cut")
    broker.follow_in_vain(order)
    broker.world.cancel(broker.customer, order)
    broker.follow_in_vain(order)
    assert broker.now(order).state is State.PENDING_CANCEL
    broker.world.pass_time(LANDED)
    broker.follow(order)

    broker.assert_nothing_happened(order, State.CANCELED)
    assert broker.venue.count("POST") == 1


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ((403, 40310000, "insufficient buying power"), "venue_refused"),
        ((422, 42210000, 'asset "AAPL" is not tradable'), "venue_refused"),
    ],
)
def test_an_order_that_the_venue_refuses_fails_and_gives_everything_back(
    broker: Broker, refusal: tuple[int, int, str], code: str
):
    order = broker.buy()
    broker.venue.refusal = refusal
    broker.follow(order)

    broker.assert_nothing_happened(order, State.REJECTED)
    assert (broker.now(order).reason_code, broker.now(order).reason) == (code, refusal[2])


def test_a_refusal_of_a_double_ends_nothing(broker: Broker):
    order = broker.buy()
    broker.venue.fail("POST", "cut", done=True)
    broker.follow_in_vain(order)
    # It is there, and cannot be seen yet; for a second one the money is not enough.
    hidden = broker.venue.orders.pop(order.order_id)
    broker.venue.refusal = (403, 40310000, "insufficient buying power")
    broker.follow_in_vain(order)
    broker.venue.orders[order.order_id] = hidden
    broker.venue.fill(order, "10", "99.50")
    broker.follow(order)

    broker.assert_bought_once(order)


def test_keys_that_may_not_trade_are_no_fault_of_the_order(broker: Broker):
    order = broker.buy()
    broker.venue.refusal = (403, 40310100, "forbidden.")
    broker.follow_in_vain(order)
    assert broker.now(order).state is State.NEW


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("expired", State.EXPIRED, "expired"),
        ("canceled", State.CANCELED, "venue_canceled"),
        ("rejected", State.REJECTED, "venue_rejected"),
    ],
)
def test_an_order_that_ends_at_the_venue_ends_here(
    broker: Broker, status: str, state: State, code: str
):
    order = broker.buy()
    broker.follow(order)
    for working in ("pending_new", "new", "held", "suspended", "stopped", "done_for_day"):
        broker.venue.end(order, working)
        broker.follow(order)
    assert broker.now(order).state is State.NEW
    broker.venue.end(order, status)
    broker.look()

    broker.assert_nothing_happened(order, state)
    assert broker.now(order).reason_code == code


def test_a_market_buy_is_a_limit_at_what_its_reservation_pays_for(broker: Broker):
    order = broker.buy(limit=None)
    assert broker.now(order).reserved_cash == D(1040)
    broker.follow(order)
    sent = broker.venue.order_of(order)
    assert (sent["type"], sent["limit_price"]) == ("limit", "104.00")
    broker.venue.fill(order, "10", "104.00")
    broker.follow(order)

    broker.assert_bought_once(order, "104.00")


def test_a_stop_waits_here_and_goes_to_the_venue_when_it_is_reached(broker: Broker):
    world = broker.world
    bought = broker.buy()
    broker.follow(bought)
    broker.venue.fill(bought, "10", "99.50")
    broker.follow(bought)
    world.hub.watch_resting_orders.refresh()
    stop = world.submit(broker.customer, "sell", "10", stop_price="95")
    world.process()
    assert broker.now(stop).routed_at is None
    assert world.tick("95", "95.02") == 1
    assert broker.now(stop).triggered_at is not None
    broker.follow(stop)
    sent = broker.venue.order_of(stop)
    assert (sent["type"], sent["side"], "limit_price" in sent) == ("market", "sell", False)
    # The market comes back to it, and the book has nothing more to say.
    assert world.tick("94", "94.02") == 0
    world.execute([stop])
    broker.venue.fill(stop, "10", "94.80")
    broker.follow(stop)

    assert broker.now(stop).state is State.FILLED
    assert broker.balance == Balance(D(9005), D(948), D(0))


def test_a_fill_belongs_to_the_day_on_which_it_happened(broker: Broker):
    world = broker.world
    world.market(datetime(2026, 1, 5, 15, 30, tzinfo=UTC))
    world.quote("AAPL", "99.98", "100")
    order = broker.buy()
    broker.follow(order)
    broker.venue.fill(order, "10", "99.50")
    world.market(datetime(2026, 1, 7, 15, 0, tzinfo=UTC))
    broker.follow(order)

    rows = world.sql(
        "SELECT trade_date::text, settlement_date::text FROM executions WHERE order_id = %s",
        order.order_id,
    )
    assert rows == [("2026-01-05", "2026-01-06")]


def test_gtd_goes_as_gtc_and_is_asked_back_on_its_date(broker: Broker):
    world = broker.world
    order = broker.buy(tif="gtd", expire_date=datetime(2012, 6, 4, tzinfo=UTC).date())
    broker.follow(order)
    assert broker.venue.order_of(order)["time_in_force"] == "gtc"
    world.market(datetime(2012, 6, 4, 20, 1, tzinfo=UTC))
    assert world.hub.expire_orders(TRACE) == 1
    broker.follow(order)

    broker.assert_nothing_happened(order, State.CANCELED)


def test_a_day_order_at_the_venue_is_the_venues_to_end(broker: Broker):
    order = broker.buy()
    broker.world.market(datetime(2012, 6, 1, 20, 1, tzinfo=UTC))
    assert broker.world.hub.expire_orders(TRACE) == 0
    assert broker.now(order).state is State.NEW


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tif": "opg"}, "time_in_force"),
        ({"post_only": True}, "post_only"),
        ({"limit": None, "notional": "100"}, "notional"),
        (
            {"order_class": OrderClass.OTO, "stop_loss": StopLoss(D(90))},
            "order_class",
        ),
    ],
)
def test_what_the_venue_does_not_offer_is_refused_at_the_door(
    broker: Broker, more: dict[str, Any], field: str
):
    with pytest.raises(NotOfferedError) as refused:
        broker.buy(**more)
    assert [(each.field, each.rule) for each in refused.value.faults] == [(field, "venue")]


def test_an_order_at_the_venue_is_not_replaced(broker: Broker):
    order = broker.buy()
    with pytest.raises(NotReplaceableError):
        broker.world.replace(broker.customer, order, limit_price="99")


def test_an_order_that_is_over_here_does_not_live_on_there(broker: Broker):
    order = broker.buy()
    broker.venue.fail("POST", "cut", done=True)
    broker.follow_in_vain(order)
    hidden = broker.venue.orders.pop(order.order_id)
    broker.world.cancel(broker.customer, order)
    broker.world.pass_time(LANDED)
    broker.follow(order)
    broker.assert_nothing_happened(order, State.CANCELED)
    broker.venue.orders[order.order_id] = hidden
    told = broker.world.hub.outside_venue.find(order.order_id)
    broker.world.hub.follow_order(FollowOrderCommand(order.order_id, TRACE, told))

    assert hidden["status"] == "canceled"
    broker.assert_nothing_happened(order, State.CANCELED)


def test_an_order_on_the_ladder_is_looked_at_where_it_is(broker: Broker):
    order = broker.buy()
    broker.world.hub.retry_order(RetryOrderCommand(order.order_id, {}, TRACE))
    broker.venue.fill(order, "10", "99.50")
    broker.world.market(datetime(2012, 6, 2, 15, 0, tzinfo=UTC))
    broker.world.hub.retry_order(RetryOrderCommand(order.order_id, {}, TRACE))

    broker.assert_bought_once(order)


def test_the_queue_delivers_again_what_the_venue_left_open(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
):
    postponed: list[Failed] = []
    monkeypatch.setattr(broker.world.hub, "postpone_failed", postponed.extend, raising=False)
    order = broker.buy()
    (body,) = broker.world.sent.take_routed()
    record = {
        "messageId": "m",
        "receiptHandle": "r",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:hub-dev-orders-routed",
    }
    broker.line.close()
    broker.venue.fail("POST", "cut", done=True)
    again = on_order_routed.handler({"Records": [record]}, Context())
    assert again == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert postponed == [Failed("hub-dev-orders-routed", "r", 1)]
    broker.venue.fill(order, "10", "99.50")
    assert job_follow_routed_orders.handler({}, Context()) == {"done": 1}
    assert on_order_routed.handler({"Records": [record]}, Context()) == {"batchItemFailures": []}

    broker.assert_bought_once(order)
