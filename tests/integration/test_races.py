"""Commands against fills on real connections: whichever comes first, all is moved exactly once.

Every run has a customer of its own, whose books are looked at from zero.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.application.orders.cancel_all_orders import (
    CancelAllOrders,
    CancelAllOrdersCommand,
    CanceledOrder,
)
from hub.application.orders.canceling import NotCancelableError
from hub.application.orders.close_position import ClosePosition, ClosePositionCommand
from hub.application.orders.election import Election
from hub.application.orders.execute_orders import ExecuteOrdersCommand, OrderToProcess
from hub.application.ports.orders import OpenOrders
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import InsufficientHoldingsError
from hub.domain.kernel import NotFoundError
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import Leg, Order, OrderClass, State
from hub.domain.orders.replacing import NotReplaceableError
from tests.fixtures.races import Act, Outcome, Race, Track, canceling, filling, reached, replacing
from tests.fixtures.worlds import TRACE, Customer, World

D = Decimal
WORKERS = 8
CLOSE = datetime(2012, 6, 1, 20, 0, tzinfo=UTC)


@pytest.fixture
def track(world: World) -> Iterator[Track]:
    world.quote("AAPL", "99.98", "100")
    yield Track(world)
    nothing_is_owed_to_the_ended(world)


def nothing_is_owed_to_the_ended(world: World) -> None:
    """Accounts without an open order have nothing reserved."""
    reserving = world.sql(
        "SELECT account_id FROM balances WHERE reserved <> 0"
        " UNION SELECT account_id FROM positions WHERE reserved <> 0"
        " EXCEPT SELECT account_id FROM orders"
        " WHERE state IN ('pending_new', 'accepted', 'new', 'partially_filled')"
    )
    assert reserving == []


def resting(world: World, **more: Any) -> tuple[Customer, Order]:
    """A customer with 2000, of which 450 are reserved for a buy at 90."""
    world.quote("AAPL", "99.98", "100")
    customer = world.customer("2000")
    order = world.submit(customer, "buy", "5", **{"limit": "90", "tif": "gtc", **more})
    settle(world)
    return customer, order


def bracket(world: World, **more: Any) -> tuple[Customer, Order]:
    world.quote("AAPL", "99.98", "100")
    customer = world.customer("2000")
    order = world.submit(
        customer,
        "buy",
        "10",
        tif="gtc",
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
        **more,
    )
    settle(world)
    return customer, order


def settle(world: World) -> None:
    while batch := world.sent.take_submitted():
        assert world.execute(batch).failed == []


def fills(world: World, customer: Customer) -> list[tuple[str, Decimal]]:
    return world.sql(
        "SELECT side, sum(quantity) FROM executions WHERE account_id = %s GROUP BY side ORDER BY 1",
        customer.account_id,
    )


def states(world: World, customer: Customer, order: Order) -> list[State]:
    legs = world.legs(customer, order)
    return [legs[each].state for each in (Leg.ENTRY, Leg.TAKE_PROFIT, Leg.STOP_LOSS)]


# Replace


def test_a_replace_and_a_fill_of_the_whole_order(world: World, track: Track):
    def prepare() -> Race:
        customer, old = resting(world)
        reaching = world.quote("AAPL", "89.98", "90")

        def judge(replaced: Outcome, _: Outcome) -> str:
            if not replaced.done:
                assert replaced.state_told(NotReplaceableError) == "filled"
                assert fills(world, customer) == [("buy", D(5))]
                assert world.balance(customer) == Balance(D(1550), D(0), D(0))
                return "fill"
            before = world.order(customer, old)
            assert (before.state, before.filled_quantity) == (State.REPLACED, D(0))
            assert world.balance(customer) == Balance(D(2000), D(0), D(637))
            settle(world)
            assert fills(world, customer) == [("buy", D(7))]
            assert world.balance(customer) == Balance(D(1370), D(0), D(0))
            return "replace"

        changes = {"quantity": "7", "limit_price": "91"}
        return Race(
            replacing(world, customer, old, **changes),
            filling(world, reached(old, reaching)),
            judge,
        )

    track.race(prepare, "replace", "fill")


def test_a_replace_and_a_fill_of_a_part(world: World, track: Track):
    def prepare() -> Race:
        customer, old = resting(world)
        reaching = world.quote("AAPL", "89.98", "90", size="2")

        def judge(replaced: Outcome, _: Outcome) -> str:
            assert replaced.done
            filled = world.order(customer, old).filled_quantity
            new = world.order(customer, replaced.result)
            assert new.quantity == 7 - filled
            assert world.balance(customer) == Balance(2000 - 90 * filled, D(0), 80 * new.quantity)
            assert fills(world, customer) == ([("buy", D(2))] if filled else [])
            assert filled in {0, 2}
            return "fill" if filled else "replace"

        changes = {"quantity": "7", "limit_price": "80"}
        return Race(
            replacing(world, customer, old, **changes),
            filling(world, reached(old, reaching)),
            judge,
        )

    track.race(prepare, "replace", "fill")


def test_a_replace_and_a_cancel(world: World, track: Track):
    def prepare() -> Race:
        customer, old = resting(world)

        def judge(replaced: Outcome, canceled: Outcome) -> str:
            assert replaced.done is not canceled.done
            if canceled.done:
                assert replaced.state_told(NotReplaceableError) == "canceled"
                assert world.balance(customer) == Balance(D(2000), D(0), D(0))
                return "cancel"
            assert canceled.state_told(NotCancelableError) == "replaced"
            settle(world)
            assert world.order(customer, replaced.result).state is State.NEW
            assert world.balance(customer) == Balance(D(2000), D(0), D(400))
            return "replace"

        replace = replacing(world, customer, old, limit_price="80")
        return Race(replace, canceling(world, customer, old), judge)

    track.race(prepare, "replace", "cancel")


def test_of_two_replaces_one_replaces(world: World, track: Track):
    def prepare() -> Race:
        customer, old = resting(world)

        def judge(one: Outcome, two: Outcome) -> str:
            assert one.done is not two.done
            lost, won = (two, one) if one.done else (one, two)
            assert lost.state_told(NotReplaceableError) == "replaced"
            settle(world)
            new = world.order(customer, won.result)
            assert world.order(customer, old).replaced_by == new.order_id
            assert world.balance(customer).reserved == 5 * (new.limit_price or 0)
            return "80" if new.limit_price == 80 else "70"

        return Race(
            replacing(world, customer, old, limit_price="80"),
            replacing(world, customer, old, limit_price="70"),
            judge,
        )

    track.race(prepare, "80", "70")


# Cancel, in groups


def test_of_many_cancels_of_a_bracket_one_cancels(world: World):
    customer, entry = bracket(world, limit="95")
    outcomes = Track(world, WORKERS).run([canceling(world, customer, entry)] * WORKERS)
    assert [each.done for each in outcomes].count(True) == 1
    told = {each.state_told(NotCancelableError) for each in outcomes if not each.done}
    assert told == {"canceled"}
    assert states(world, customer, entry) == [State.CANCELED] * 3
    assert world.balance(customer) == Balance(D(2000), D(0), D(0))
    assert world.sql("SELECT count(*) FROM ledger_transactions WHERE kind = 'release'") == [(1,)]


def test_a_cancel_of_a_bracket_and_the_fill_of_its_entry(world: World, track: Track):
    def prepare() -> Race:
        customer, entry = bracket(world, limit="95")
        reaching = world.quote("AAPL", "94.98", "95")

        def judge(canceled: Outcome, _: Outcome) -> str:
            if canceled.done:
                assert states(world, customer, entry) == [State.CANCELED] * 3
                assert fills(world, customer) == []
                assert world.balance(customer) == Balance(D(2000), D(0), D(0))
                return "cancel"
            assert canceled.state_told(NotCancelableError) == "filled"
            assert states(world, customer, entry) == [State.FILLED, State.NEW, State.NEW]
            assert fills(world, customer) == [("buy", D(10))]
            assert world.position(customer).reserved == 10
            assert world.balance(customer) == Balance(D(1050), D(0), D(0))
            return "fill"

        fill = filling(world, reached(entry, reaching))
        return Race(canceling(world, customer, entry), fill, judge)

    track.race(prepare, "cancel", "fill")


def test_a_gain_and_a_loss_that_are_reached_at_once_sell_once(world: World, track: Track):
    def prepare() -> Race:
        customer, entry = bracket(world)
        legs = world.legs(customer, entry)
        high, low = world.quote("AAPL", "110", "110.02"), world.quote("AAPL", "89.98", "90")

        def judge(*_: Outcome) -> str:
            assert fills(world, customer) == [("buy", D(10)), ("sell", D(10))]
            position, cash = world.position(customer), world.balance(customer)
            assert {position.quantity, position.reserved, cash.reserved} == {0}
            ended = states(world, customer, entry)[1:]
            if ended == [State.FILLED, State.CANCELED]:
                assert cash.total == 2100
                return "gain"
            assert ended == [State.CANCELED, State.FILLED]
            assert cash.total == D("1899.8")
            return "loss"

        return Race(
            filling(world, reached(legs[Leg.TAKE_PROFIT], high)),
            filling(world, reached(legs[Leg.STOP_LOSS], low)),
            judge,
        )

    track.race(prepare, "gain", "loss")


def test_a_gain_and_a_loss_that_sell_in_parts_never_sell_more_than_there_is(
    world: World, track: Track
):
    def prepare() -> Race:
        customer, entry = bracket(world)
        legs = world.legs(customer, entry)
        high = world.quote("AAPL", "110", "110.02", size="6")
        low = world.quote("AAPL", "89.98", "90", size="7")

        def judge(*_: Outcome) -> str:
            after = world.legs(customer, entry)
            gain, loss = after[Leg.TAKE_PROFIT], after[Leg.STOP_LOSS]
            assert gain.filled_quantity + loss.filled_quantity == 10
            assert world.position(customer).quantity == 0
            assert world.position(customer).reserved == 0
            # The first sells what is shown to it, the other the rest.
            if gain.filled_quantity == 6:
                assert (gain.state, loss.state) == (State.CANCELED, State.FILLED)
                return "gain"
            assert loss.filled_quantity == 7
            assert (gain.state, loss.state) == (State.FILLED, State.CANCELED)
            return "loss"

        return Race(
            filling(world, reached(legs[Leg.TAKE_PROFIT], high)),
            filling(world, reached(legs[Leg.STOP_LOSS], low)),
            judge,
        )

    track.race(prepare, "gain", "loss")


def test_a_cancel_of_one_exit_and_the_fill_of_the_other(world: World, track: Track):
    def prepare() -> Race:
        customer, entry = bracket(world)
        legs = world.legs(customer, entry)
        high = world.quote("AAPL", "110", "110.02")

        def judge(canceled: Outcome, _: Outcome) -> str:
            ended = states(world, customer, entry)[1:]
            if canceled.done:
                assert ended == [State.CANCELED, State.CANCELED]
                assert fills(world, customer) == [("buy", D(10))]
                assert world.position(customer).sellable == 10
                return "cancel"
            assert canceled.state_told(NotCancelableError) == "canceled"
            assert ended == [State.FILLED, State.CANCELED]
            assert fills(world, customer) == [("buy", D(10)), ("sell", D(10))]
            assert world.balance(customer) == Balance(D(1000), D(1100), D(0))
            return "fill"

        return Race(
            canceling(world, customer, legs[Leg.STOP_LOSS]),
            filling(world, reached(legs[Leg.TAKE_PROFIT], high)),
            judge,
        )

    track.race(prepare, "cancel", "fill")


def test_a_cancel_of_everything_and_the_fills_of_it(world: World, track: Track):
    def prepare() -> Race:
        customer, first = resting(world)
        orders = [first, *(world.submit(customer, "buy", "1", limit="90") for _ in range(3))]
        settle(world)
        reaching = world.quote("AAPL", "89.98", "90")
        which = OpenOrders(customer.customer_id)

        def judge(canceled: Outcome, _: Outcome) -> str:
            after = {world.order(customer, each).state for each in orders}
            assert {each.order.state for each in canceled.result} <= after
            assert {each.canceled for each in canceled.result} <= {after == {State.CANCELED}}
            if after == {State.CANCELED}:
                assert len(canceled.result) == 4
                assert fills(world, customer) == []
                assert world.balance(customer) == Balance(D(2000), D(0), D(0))
                return "cancel"
            assert after == {State.FILLED}
            assert fills(world, customer) == [("buy", D(8))]
            assert world.balance(customer) == Balance(D(1280), D(0), D(0))
            return "fill"

        return Race(
            lambda hub: hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE)),
            filling(world, *(reached(each, reaching) for each in orders)),
            judge,
        )

    track.race(prepare, "cancel", "fill")


def test_a_cancel_of_everything_amid_fills_ends_every_order_in_one_way(world: World):
    world.quote("AAPL", "99.98", "100")
    customer = world.customer("2000")
    orders = [world.submit(customer, "buy", "1", limit="90") for _ in range(12)]
    settle(world)
    reaching = world.quote("AAPL", "89.98", "90")
    which = OpenOrders(customer.customer_id)
    acts: list[Act] = [filling(world, reached(each, reaching)) for each in orders[:7]]
    acts.insert(3, lambda hub: hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE)))

    outcomes = Track(world, WORKERS).run(acts)

    assert all(each.done for each in outcomes)
    after = [world.order(customer, each).state for each in orders]
    assert set(after) <= {State.FILLED, State.CANCELED}
    filled = after.count(State.FILLED)
    assert fills(world, customer) == ([("buy", D(filled))] if filled else [])
    assert world.balance(customer) == Balance(2000 - 90 * D(filled), D(0), D(0))


# Two exits alone, of which each comes in by a message of its own


def pair(world: World) -> tuple[Customer, Order]:
    """Ten shares at 100, and the sale of them at a gain or at a loss, nothing of it processed."""
    customer = world.customer()
    world.give(customer, "10", "100")
    world.quote("AAPL", "110", "110.02")
    gain = world.submit(
        customer,
        "sell",
        "10",
        tif="gtc",
        order_class=OrderClass.OCO,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
    )
    return customer, gain


def test_an_exit_that_fills_before_the_other_has_come_in_is_the_end_of_it(world: World):
    customer, gain = pair(world)
    first, second = world.sent.take_submitted()
    assert first["order_id"] == gain.order_id

    assert world.execute([first]).failed == []
    assert world.execute([second]).failed == []

    ended = world.legs(customer, gain)
    assert ended[Leg.TAKE_PROFIT].state is State.FILLED
    assert ended[Leg.STOP_LOSS].state is State.CANCELED
    assert fills(world, customer) == [("buy", D(10)), ("sell", D(10))]
    assert world.position(customer).reserved == 0


@pytest.mark.parametrize("everything", [False, True])
def test_two_exits_that_have_not_come_in_are_canceled_together(world: World, everything: bool):
    customer, gain = pair(world)
    if everything:
        which = OpenOrders(customer.customer_id)
        canceled = world.hub.cancel_all_orders(CancelAllOrdersCommand(which, TRACE))
        assert [each.canceled for each in canceled] == [True, True]
    else:
        world.cancel(customer, gain)
    settle(world)
    assert {each.state for each in world.legs(customer, gain).values()} == {State.CANCELED}
    assert world.position(customer).sellable == 10


# Closing a position


def closing(customer: Customer) -> ClosePositionCommand:
    return ClosePositionCommand(
        customer.customer_id,
        customer.account_id,
        "AAPL",
        quantity=None,
        percentage=None,
        cancel_orders=True,
        client_order_id=None,
        trace_id=TRACE,
    )


def test_a_position_that_is_closed_and_the_fill_of_an_exit_sell_once(world: World, track: Track):
    def prepare() -> Race:
        customer, entry = bracket(world)
        profit = world.legs(customer, entry)[Leg.TAKE_PROFIT]
        high = world.quote("AAPL", "110", "110.02")

        def judge(closed: Outcome, _: Outcome) -> str:
            settle(world)
            assert fills(world, customer) == [("buy", D(10)), ("sell", D(10))]
            assert world.balance(customer) == Balance(D(1000), D(1100), D(0))
            ended = states(world, customer, entry)[1:]
            if closed.done:
                assert ended == [State.CANCELED, State.CANCELED]
                assert world.order(customer, closed.result).state is State.FILLED
                return "close"
            assert isinstance(closed.refusal, NotFoundError | InsufficientHoldingsError)
            assert ended == [State.FILLED, State.CANCELED]
            return "fill"

        return Race(
            lambda hub: hub.close_position(closing(customer)),
            filling(world, reached(profit, high)),
            judge,
        )

    track.race(prepare, "close", "fill")


def test_what_an_exit_sells_while_its_position_is_being_closed_is_not_sold_again(
    world: World, track: Track
):
    """The exit sells a part after the position was looked at, before its orders are taken back."""
    customer, entry = bracket(world)
    profit = world.legs(customer, entry)[Leg.TAKE_PROFIT]
    high = world.quote("AAPL", "110", "110.02", size="4")
    hub = world.another_hub()
    real = world.hub.cancel_all_orders

    class SoldMeanwhile(CancelAllOrders):
        def __call__(self, command: CancelAllOrdersCommand) -> Sequence[CanceledOrder]:
            filling(world, reached(profit, high))(hub)
            return super().__call__(command)

    between = SoldMeanwhile(real.orders, real.accounts, real.at_work)

    closed = ClosePosition(world.hub.accounts, between, world.hub.submit_order)(closing(customer))

    assert closed.quantity == 6
    world.quote("AAPL", "110", "110.02")
    settle(world)
    assert fills(world, customer) == [("buy", D(10)), ("sell", D(10))]
    assert world.position(customer).quantity == 0


# The end of the session


def test_an_order_expires_or_is_filled_and_never_both(world: World, track: Track):
    """The market that the fill is decided in was seen just before the close."""

    def prepare() -> Race:
        world.market(CLOSE - timedelta(seconds=1))
        customer, order = resting(world, tif="day")
        reaching = world.quote("AAPL", "89.98", "90")
        view = world.hub.price_orders(["AAPL"])
        wanted = OrderToProcess(order.order_id, order.account_id, Election(reaching, None))
        world.market(CLOSE)

        def judge(*_: Outcome) -> str:
            after = world.order(customer, order)
            if after.state is State.EXPIRED:
                assert fills(world, customer) == []
                assert world.balance(customer) == Balance(D(2000), D(0), D(0))
                return "expiry"
            assert after.state is State.FILLED
            assert fills(world, customer) == [("buy", D(5))]
            assert world.balance(customer) == Balance(D(1550), D(0), D(0))
            return "fill"

        return Race(
            lambda hub: hub.expire_orders(TRACE),
            lambda hub: hub.execute_orders(ExecuteOrdersCommand([wanted], view, TRACE)),
            judge,
        )

    track.race(prepare, "expiry", "fill")


# Displayed sizes


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_workers_share_what_a_quote_shows_to_the_last_share(world: World, side: str):
    customers = [world.customer("5000") for _ in range(2)]
    if side == "sell":
        for customer in customers:
            world.give(customer, "12", "100")
    limit = "100" if side == "buy" else "120"
    world.quote("AAPL", "109.98", "110")
    orders = [
        (customer, world.submit(customer, side, "3", limit=limit))
        for customer in customers
        for _ in range(4)
    ]
    settle(world)
    shown = world.quote(
        "AAPL", *(("99.98", "100") if side == "buy" else ("120", "120.02")), size="10"
    )

    acts = [filling(world, reached(order, shown)) for _, order in orders]
    outcomes = Track(world, WORKERS).run(acts)

    assert all(each.done for each in outcomes)
    after = [world.order(customer, order) for customer, order in orders]
    assert sum(each.filled_quantity for each in after) == 10
    taken = world.sql("SELECT bought + sold FROM quotes_taken WHERE quote_id = %s", shown.quote_id)
    assert taken == [(10,)]
    for customer in customers:
        mine = [each for each in after if each.account_id == customer.account_id]
        left = sum((each.open_quantity for each in mine), D(0))
        reserved = (100 * left, D(0)) if side == "buy" else (D(0), left)
        held = world.position(customer).reserved
        assert (world.balance(customer).reserved, held) == reserved

    renewed = world.quote("AAPL", str(shown.bid), str(shown.ask))
    for order in after:
        filling(world, reached(order, renewed))(world.hub)
    assert {world.order(customer, order).state for customer, order in orders} == {State.FILLED}
    assert {world.balance(each).reserved for each in customers} == {0}
