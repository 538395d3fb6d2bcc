"""A paper account that begins again: nothing of it is left but its history."""

from decimal import Decimal
from typing import Any

from hub.domain.orders.order import Order
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import CLOSED, Customer, World


def reset(front: Front, me: Customer, amount: str = "500.00", key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key} if key else None
    body = {"starting_balance": amount}
    path = {"account_id": me.account_id}
    return front.call("orders.reset_account", me, path=path, body=body, headers=headers)


def busy(world: World) -> Customer:
    """Settled and unsettled cash, shares of two instruments, an open order, one in a bracket."""
    me = world.customer("1000")
    world.give(me, "4", "100")
    world.give(me, "2", "50", "IBM")
    world.quote("AAPL", "110", "110.02")
    world.submit(me, "sell", "1")
    assert world.process().failed == []
    world.submit(me, "buy", "1", limit="90")
    world.submit(me, "sell", "1", limit="130")
    return me


def totals(world: World, me: Customer) -> Any:
    world_balance = world.balance(me)
    return (world_balance, world.hub.accounts.positions(me.customer_id, me.account_id))


def test_a_reset_ends_orders_sells_positions_and_sets_the_cash(front: Front):
    world = front.world
    me, other = busy(world), world.customer("7")
    answer = reset(front, me)
    assert answer.status == 200
    assert answer.body["reset_at"]
    balance, held = totals(world, me)
    assert (balance.settled, balance.unsettled, balance.reserved) == (500, 0, 0)
    assert held == []
    assert world.balance(other).total == 7
    states = world.sql("SELECT state, count(*) FROM orders GROUP BY state ORDER BY state")
    # Bought twice, sold once, and sold twice by the reset.
    assert states == [("canceled", 2), ("filled", 5)]
    sales = world.sql(
        "SELECT symbol, price FROM executions JOIN orders USING (order_id)"
        " WHERE orders.side = 'sell' ORDER BY executions.executed_at, symbol"
    )
    assert sorted(sales) == [("AAPL", Decimal(110)), ("AAPL", Decimal(110)), ("IBM", Decimal(50))]


def test_the_history_tells_of_the_reset_and_adds_up(front: Front):
    me = busy(front.world)
    reset(front, me)
    path = {"account_id": me.account_id}
    told = front.call("accounts.list_activities", me, path=path).body["activities"]
    assert [each["kind"] for each in told[:3]] == ["reset", "fill", "fill"]
    assert sum(Decimal(each["amount"]) for each in told) == 500


def test_a_key_resets_once_whatever_happened_since(front: Front):
    world, me = front.world, busy(front.world)
    first = reset(front, me, key="k")
    world.give(me, "1", "100")
    before = world.contents()
    again = reset(front, me, key="k")
    assert again.body == first.body
    assert world.contents() == before
    assert reset(front, me, key="another").status == 200
    assert totals(world, me)[1] == []


def test_an_account_is_reset_while_the_market_is_closed(front: Front):
    world, me = front.world, busy(front.world)
    world.market(CLOSED)
    assert reset(front, me, "1.00").status == 200
    assert totals(world, me)[0].settled == 1


def test_without_a_price_nothing_is_sold(front: Front):
    world, me = front.world, busy(front.world)
    world.redis.delete("market_data:IBM")
    world.sql("DELETE FROM daily_bars")
    refused = reset(front, me)
    assert (refused.status, refused.body["code"]) == (503, "no_market_data")
    assert len(totals(world, me)[1]) == 2


def test_an_order_that_comes_in_between_is_canceled_too(front: Front):
    world, me = front.world, front.world.customer("1000")
    world.quote("AAPL", "100", "100")
    work = world.hub.accounts_at_work
    seen: list[Order] = []
    opened = type(work).open

    def open_late(self: Any, *arguments: Any, **more: Any) -> Any:
        if not seen:
            seen.append(world.submit(me, "buy", "1", limit="90", hub=world.another_hub()))
        return opened(self, *arguments, **more)

    late = type("Late", (), {"open": lambda self, *a, **m: open_late(work, *a, **m)})()
    hub = world.hub
    object.__setattr__(hub.orders_at_work, "accounts_at_work", late)
    assert reset(front, me).status == 200
    assert world.order(me, seen[0]).state == "canceled"
    assert totals(world, me)[0].settled == 500


def test_another_s_account_is_not_there_to_be_reset(front: Front):
    me, stranger = busy(front.world), front.world.customer()
    before = front.world.contents()
    path, body = {"account_id": me.account_id}, {"starting_balance": "1.00"}
    assert front.call("orders.reset_account", stranger, path=path, body=body).status == 404
    assert front.world.contents() == before
