"""Replacing a working order: both orders change together, or nothing does."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.application.orders.replace_order import ReplaceOrderCommand
from hub.domain.accounts.balance import Balance, InsufficientBuyingPowerError
from hub.domain.accounts.position import InsufficientHoldingsError
from hub.domain.kernel import InvalidInputError, NotFoundError, RejectedError
from hub.domain.orders.order import Order, State, TimeInForce
from hub.domain.orders.replacing import Changes, NotReplaceableError
from tests.fixtures.worlds import TRACE, Customer, World

D = Decimal


@pytest.fixture
def customer(world: World) -> Customer:
    world.quote("AAPL", "100", "100.02")
    return world.customer("1000")


def resting(world: World, customer: Customer, quantity: str = "5") -> Order:
    order = world.submit(customer, "buy", quantity, limit="90", tif="gtc")
    assert world.process().failed == []
    return order


def test_the_new_order_takes_the_place_of_the_old(world: World, customer: Customer):
    old = resting(world, customer)

    new = world.replace(customer, old, quantity="8", limit_price="95")

    assert world.balance(customer) == Balance(D(1000), D(0), D(760))
    old, new = world.order(customer, old), world.order(customer, new)
    assert (old.state, old.replaced_by) == (State.REPLACED, new.order_id)
    assert (new.state, new.replaces) == (State.PENDING_NEW, old.order_id)
    assert world.process().failed == []
    assert world.order(customer, new).state is State.NEW


def test_a_price_brought_to_the_market_trades_at_the_market(world: World, customer: Customer):
    old = resting(world, customer)
    new = world.replace(customer, old, limit_price="100.50")
    assert world.process().failed == []
    filled = world.order(customer, new)
    assert (filled.state, filled.average_price) == (State.FILLED, D("100.02"))
    assert world.balance(customer).total == D("499.9")


def test_what_was_filled_counts_into_the_new_quantity(world: World, customer: Customer):
    old = resting(world, customer)
    assert world.tick("89.98", "90", size="2") == 1

    new = world.replace(customer, old, quantity="4")

    assert new.quantity == 2
    assert world.balance(customer) == Balance(D(820), D(0), D(180))


@pytest.mark.parametrize("quantity", ["1", "2"])
def test_less_than_what_is_filled_is_refused_and_nothing_changes(
    world: World, customer: Customer, quantity: str
):
    old = resting(world, customer)
    assert world.tick("89.98", "90", size="2") == 1
    before = world.contents()
    with pytest.raises(RejectedError) as refused:
        world.replace(customer, old, quantity=quantity)
    assert refused.value.code == "quantity_below_filled"
    assert world.contents() == before


def test_what_the_account_cannot_pay_is_refused_and_nothing_changes(
    world: World, customer: Customer
):
    old = resting(world, customer)
    before = world.contents()
    with pytest.raises(InsufficientBuyingPowerError) as refused:
        world.replace(customer, old, quantity="12")
    assert refused.value.extra == {"available": "1000.00", "required": "1080.00"}
    assert world.contents() == before


def test_what_the_account_does_not_hold_is_refused_and_nothing_changes(world: World):
    customer = world.customer()
    world.give(customer, "5", "100")
    old = world.submit(customer, "sell", "5", limit="110")
    assert world.process().failed == []
    before = world.contents()
    with pytest.raises(InsufficientHoldingsError):
        world.replace(customer, old, quantity="6")
    assert world.contents() == before
    world.replace(customer, old, quantity="3")
    assert world.position(customer).reserved == 3


def test_a_fill_that_came_first_wins(world: World, customer: Customer):
    old = resting(world, customer)
    assert world.tick("89", "89.50") == 1
    before = world.contents()
    with pytest.raises(NotReplaceableError) as refused:
        world.replace(customer, old, limit_price="95")
    assert refused.value.extra == {"state": "filled"}
    assert world.contents() == before


def test_a_fill_that_comes_second_finds_nothing_to_do(world: World, customer: Customer):
    old = resting(world, customer)
    world.hub.watch_resting_orders.refresh()
    reaching = world.quote("AAPL", "89", "89.50")
    assert world.hub.watch_resting_orders.observe(reaching) == 1
    elected = world.sent.take_submitted()
    world.quote("AAPL", "100", "100.02")
    world.replace(customer, old, limit_price="85")

    assert world.execute(elected).failed == []

    assert world.order(customer, old).state is State.REPLACED
    assert world.sql("SELECT count(*) FROM executions") == [(0,)]


def test_a_trailing_stop_gets_another_trail_and_keeps_its_mark(world: World):
    customer = world.customer()
    world.give(customer, "5", "100")
    old = world.submit(customer, "sell", "5", trail_price="10", tif="gtc")
    assert world.process().failed == []
    new = world.replace(customer, old, trail="5")
    assert (new.water_mark, new.stop_price, new.trail_price) == (D(100), D(95), D(5))


def test_another_time_in_force_is_another_end(world: World, customer: Customer):
    old = resting(world, customer)
    changes = Changes(time_in_force=TimeInForce.GTD, expire_date=date(2012, 6, 8))
    command = ReplaceOrderCommand(customer.customer_id, old.order_id, changes, TRACE)
    new = world.hub.replace_order(command)
    assert new.expires_at is not None
    assert new.expires_at.isoformat() == "2012-06-08T20:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "body"),
        ({"stop_price": "80"}, "stop_price"),
        ({"trail": "1"}, "trail"),
        ({"limit_price": "90.001"}, "limit_price"),
    ],
)
def test_a_change_that_does_not_fit_names_the_field(
    world: World, customer: Customer, changes: dict[str, Any], field: str
):
    old = resting(world, customer)
    before = world.contents()
    with pytest.raises(InvalidInputError) as refused:
        world.replace(customer, old, **changes)
    assert field in {fault.field for fault in refused.value.faults}
    assert world.contents() == before


def test_a_limit_far_through_the_market_is_refused(world: World, customer: Customer):
    old = resting(world, customer, "1")
    with pytest.raises(RejectedError) as refused:
        world.replace(customer, old, limit_price="151")
    assert refused.value.code == "price_out_of_tolerance"


def test_another_customers_order_is_not_there(world: World, customer: Customer):
    old = resting(world, customer)
    with pytest.raises(NotFoundError):
        world.replace(world.customer(), old, limit_price="91")
