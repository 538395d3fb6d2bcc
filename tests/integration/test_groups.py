"""Orders that belong together, in the books: one reservation for all, and nothing sold twice."""

from decimal import Decimal
from typing import Any

import pytest

from hub.application.orders.canceling import NotCancelableError
from hub.domain.accounts.balance import Balance
from hub.domain.accounts.position import InsufficientHoldingsError, Position
from hub.domain.kernel import InvalidInputError
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import Leg, Order, OrderClass, State
from tests.fixtures.worlds import Customer, World

D = Decimal
PROFIT, LOSS = TakeProfit(D(110)), StopLoss(D(90))


@pytest.fixture
def customer(world: World) -> Customer:
    world.quote("AAPL", "99.98", "100")
    return world.customer("2000")


def bracket(world: World, customer: Customer, **more: Any) -> Order:
    order = world.submit(
        customer,
        "buy",
        "10",
        **{
            "tif": "gtc",
            "order_class": OrderClass.BRACKET,
            "take_profit": PROFIT,
            "stop_loss": LOSS,
            **more,
        },
    )
    assert world.process().failed == []
    return world.order(customer, order)


def states(world: World, customer: Customer, order: Order) -> dict[Leg, State]:
    return {leg: each.state for leg, each in world.legs(customer, order).items()}


def test_a_filled_entry_brings_its_exits_to_life_with_one_reservation(
    world: World, customer: Customer
):
    entry = bracket(world, customer)

    legs = world.legs(customer, entry)
    assert states(world, customer, entry) == {
        Leg.ENTRY: State.FILLED,
        Leg.TAKE_PROFIT: State.NEW,
        Leg.STOP_LOSS: State.NEW,
    }
    assert [each.parent_id for each in legs.values()] == [None, entry.order_id, entry.order_id]
    assert world.position(customer) == Position(D(10), D(10), D(1000), D(0))


@pytest.mark.parametrize(
    ("bid", "filled", "canceled", "cash"),
    [
        ("110", Leg.TAKE_PROFIT, Leg.STOP_LOSS, 2100),
        ("89", Leg.STOP_LOSS, Leg.TAKE_PROFIT, 1890),
    ],
)
def test_one_exit_filled_is_the_end_of_the_other(  # noqa: PLR0917  # one row of the table
    world: World, customer: Customer, bid: str, filled: Leg, canceled: Leg, cash: int
):
    entry = bracket(world, customer)

    assert world.tick(bid, str(D(bid) + 1)) == 1

    after = states(world, customer, entry)
    assert (after[filled], after[canceled]) == (State.FILLED, State.CANCELED)
    assert world.position(customer).quantity == 0
    assert world.balance(customer).total == cash


def test_a_part_of_the_gain_taken_leaves_that_much_less_to_stop(world: World, customer: Customer):
    entry = bracket(world, customer)

    assert world.tick("110", "111", size="4") == 1
    legs = world.legs(customer, entry)
    assert legs[Leg.TAKE_PROFIT].filled_quantity == 4
    assert (legs[Leg.STOP_LOSS].state, legs[Leg.STOP_LOSS].quantity) == (State.NEW, D(6))
    assert world.position(customer) == Position(D(6), D(6), D(600), D(40))

    world.hub.watch_resting_orders.refresh()
    assert world.tick("85", "86", size="2") >= 1
    legs = world.legs(customer, entry)
    assert legs[Leg.STOP_LOSS].filled_quantity == 2
    assert legs[Leg.TAKE_PROFIT].open_quantity == 4
    assert world.position(customer).reserved == 4

    world.hub.watch_resting_orders.refresh()
    world.tick("84", "85")
    assert states(world, customer, entry)[Leg.STOP_LOSS] is State.FILLED
    assert states(world, customer, entry)[Leg.TAKE_PROFIT] is State.CANCELED
    assert world.position(customer).quantity == 0


def test_while_the_entry_rests_its_exits_are_held_and_go_with_it(world: World, customer: Customer):
    entry = bracket(world, customer, limit="95")
    assert states(world, customer, entry) == {
        Leg.ENTRY: State.NEW,
        Leg.TAKE_PROFIT: State.HELD,
        Leg.STOP_LOSS: State.HELD,
    }
    assert world.balance(customer).reserved == 950

    world.cancel(customer, entry)

    assert set(states(world, customer, entry).values()) == {State.CANCELED}
    assert world.balance(customer) == Balance(D(2000), D(0), D(0))


def test_the_exits_of_a_partly_filled_entry_live_for_what_was_filled(
    world: World, customer: Customer
):
    entry = bracket(world, customer, limit="95")
    assert world.tick("94.98", "95", size="3") == 1
    assert states(world, customer, entry)[Leg.TAKE_PROFIT] is State.HELD

    world.cancel(customer, entry)

    legs = world.legs(customer, entry)
    assert [legs[leg].quantity for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS)] == [3, 3]
    assert [legs[leg].state for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS)] == [State.NEW] * 2
    assert world.position(customer) == Position(D(3), D(3), D(285), D(0))


def test_exits_live_only_for_what_is_still_there_to_sell(world: World, customer: Customer):
    entry = bracket(world, customer, limit="95")
    assert world.tick("94.98", "95", size="6") == 1
    world.submit(customer, "sell", "5")
    assert world.process().failed == []

    world.hub.watch_resting_orders.refresh()
    world.tick("94", "94.50")

    legs = world.legs(customer, entry)
    assert legs[Leg.ENTRY].state is State.FILLED
    assert [legs[leg].quantity for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS)] == [5, 5]
    assert world.position(customer).reserved == 5


def test_canceling_one_exit_takes_the_other_with_it(world: World, customer: Customer):
    entry = bracket(world, customer)
    legs = world.legs(customer, entry)

    world.cancel(customer, legs[Leg.STOP_LOSS])

    after = states(world, customer, entry)
    assert after[Leg.TAKE_PROFIT] is after[Leg.STOP_LOSS] is State.CANCELED
    assert world.position(customer).sellable == 10
    with pytest.raises(NotCancelableError):
        world.cancel(customer, legs[Leg.TAKE_PROFIT])


def test_an_entry_that_fails_takes_its_exits_with_it(world: World):
    customer = world.customer("1039")
    world.quote("AAPL", "99.98", "99.90")
    entry = world.submit(
        customer,
        "buy",
        "10",
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(200)),
        stop_loss=LOSS,
    )
    world.quote("AAPL", "130", "130.02")

    assert world.process().failed == []

    assert states(world, customer, entry) == {
        Leg.ENTRY: State.REJECTED,
        Leg.TAKE_PROFIT: State.CANCELED,
        Leg.STOP_LOSS: State.CANCELED,
    }
    assert world.balance(customer).available == 1039


def test_two_exits_alone_share_the_shares_they_sell(world: World):
    customer = world.customer()
    world.give(customer, "10", "100")
    order = world.submit(
        customer,
        "sell",
        "10",
        tif="gtc",
        order_class=OrderClass.OCO,
        take_profit=PROFIT,
        stop_loss=LOSS,
    )
    assert world.process().failed == []
    assert world.position(customer).reserved == 10
    with pytest.raises(InsufficientHoldingsError):
        world.submit(customer, "sell", "1")

    assert world.tick("89", "89.02") == 1

    assert states(world, customer, order) == {
        Leg.TAKE_PROFIT: State.CANCELED,
        Leg.STOP_LOSS: State.FILLED,
    }
    assert world.balance(customer).total == 890


def test_one_exit_alone_follows_its_entry(world: World, customer: Customer):
    entry = world.submit(
        customer,
        "buy",
        "10",
        order_class=OrderClass.OTO,
        stop_loss=StopLoss(D(90), D(89)),
    )
    assert world.process().failed == []
    legs = world.legs(customer, entry)
    assert (legs[Leg.STOP_LOSS].state, legs[Leg.STOP_LOSS].limit_price) == (State.NEW, D(89))
    assert world.position(customer).reserved == 10


def test_at_the_close_a_day_bracket_expires_whole(world: World, customer: Customer):
    entry = bracket(world, customer, tif="day", limit="95")
    assert world.tick("94.98", "95", size="3") == 1
    session = world.hub.calendars.around("XNYS", entry.market_time).session_at(entry.market_time)
    assert session is not None
    world.market(session.close)

    world.hub.expire_orders("trace")

    assert states(world, customer, entry)[Leg.ENTRY] is State.EXPIRED
    assert world.position(customer) == Position(D(3), D(0), D(285), D(0))
    assert world.balance(customer).reserved == 0
    exits = [world.legs(customer, entry)[leg] for leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS)]
    assert all(each.is_terminal for each in exits)


def test_replacing_the_size_of_one_exit_replaces_that_of_the_other(
    world: World, customer: Customer
):
    entry = bracket(world, customer)
    profit = world.legs(customer, entry)[Leg.TAKE_PROFIT]

    new = world.replace(customer, profit, quantity="6", limit_price="120")
    assert world.process().failed == []

    legs = world.legs(customer, entry)
    assert (legs[Leg.TAKE_PROFIT].order_id, legs[Leg.TAKE_PROFIT].limit_price) == (
        new.order_id,
        D(120),
    )
    assert legs[Leg.STOP_LOSS].quantity == 6
    assert world.position(customer) == Position(D(10), D(6), D(1000), D(0))
    world.hub.watch_resting_orders.refresh()
    assert world.tick("88", "89") >= 1
    assert world.position(customer) == Position(D(4), D(0), D(400), D(-72))


def test_a_replaced_entry_still_brings_its_exits_to_life(world: World, customer: Customer):
    entry = bracket(world, customer, limit="95")
    assert world.tick("94.98", "95", size="3") == 1

    world.quote("AAPL", "100", "100.50")
    world.replace(customer, entry, limit_price="101")
    assert world.process().failed == []

    legs = world.legs(customer, entry)
    assert legs[Leg.TAKE_PROFIT].state is State.NEW
    assert legs[Leg.TAKE_PROFIT].quantity == 10
    assert world.position(customer).reserved == 10


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"take_profit": None}, "take_profit"),
        ({"stop_loss": StopLoss(D(120))}, "take_profit.limit_price"),
        ({"order_class": OrderClass.OTO}, "take_profit"),
        ({"order_class": OrderClass.SIMPLE}, "take_profit"),
        ({"tif": "ioc"}, "order_class"),
        ({"stop_loss": StopLoss(D("90.001"))}, "stop_loss.stop_price"),
    ],
)
def test_a_group_that_does_not_fit_together_is_refused(
    world: World, customer: Customer, more: dict[str, Any], field: str
):
    before = world.contents()
    with pytest.raises(InvalidInputError) as refused:
        bracket(world, customer, **more)
    assert field in {fault.field for fault in refused.value.faults}
    assert world.contents() == before
