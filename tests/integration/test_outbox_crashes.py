"""Whoever changes the books dies right after the commit: all that was to be told is told later."""

from collections.abc import Callable
from typing import Any

import pytest

from hub.application.admin import Administrator
from hub.application.operations.deciding import OrderDecision
from hub.application.orders.begin_recovery import BeginRecoveryCommand
from hub.application.orders.close_position import ClosePositionCommand
from hub.domain.orders.order import Order
from tests.fixtures.ports import HeldRuns
from tests.fixtures.worlds import TRACE, Customer, World

# `order` rests, `pending` waits to be processed.
Act = Callable[[World, Customer, Order, Order], object]


def deciding(customer: Customer, order: Order) -> OrderDecision:
    return OrderDecision(Administrator(customer.customer_id, TRACE), order.order_id, "why")


def let_expire(world: World, _customer: Customer, _order: Order, _pending: Order) -> object:
    world.market(world.clock.now().replace(year=2012, month=6, day=2))
    return world.hub.expire_orders(TRACE)


def close(world: World, customer: Customer, _order: Order, _pending: Order) -> object:
    return world.hub.close_position(
        ClosePositionCommand(
            customer.customer_id,
            customer.account_id,
            "AAPL",
            quantity=None,
            percentage=None,
            cancel_orders=False,
            client_order_id=None,
            trace_id=TRACE,
        )
    )


# What each tells, once: queue messages by destination, news by their type.
ACTS: dict[str, tuple[Act, list[str]]] = {
    "deposit": (lambda w, c, _o, _p: w.deposit(c, "1"), ["CashDeposited"]),
    "submit": (lambda w, c, _o, _p: w.submit(c, "buy", "1", limit="90"), ["orders-submitted"]),
    "execute": (lambda w, _c, _o, p: w.execute([p]), ["OrderEntered", "OrderExecuted"]),
    "cancel": (lambda w, c, o, _p: w.cancel(c, o), ["OrderCanceled"]),
    "replace": (
        lambda w, c, o, _p: w.replace(c, o, limit_price="91"),
        ["OrderReplaced", "OrderSubmitted", "orders-submitted"],
    ),
    "expire": (let_expire, ["OrderExpired"]),
    "close": (close, ["orders-submitted"]),
    "strand": (
        lambda w, _c, o, _p: w.hub.begin_recovery(BeginRecoveryCommand(o.order_id, {}, TRACE)),
        ["OrderStranded"],
    ),
    "reject": (
        lambda w, c, o, _p: w.hub.reject_order(deciding(c, o)),
        ["OperatorDecided", "OrderFailed"],
    ),
}


class Crash(BaseException):
    """The process is gone: nobody catches it."""


def prepared(world: World) -> tuple[Customer, Order, Order]:
    world.hub.recovery_runs = HeldRuns()
    customer = world.customer("1000")
    world.give(customer, "1", "100")
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "2", limit="90")
    assert world.process().failed == []
    pending = world.submit(customer, "buy", "1")
    world.sent.messages.clear()
    return customer, order, pending


def left(world: World) -> list[str]:
    return [
        row[0]
        for row in world.sql(
            "SELECT CASE destination WHEN 'bus' THEN body::json ->> 'type' ELSE destination END"
            " FROM outbox ORDER BY message_id"
        )
    ]


@pytest.mark.parametrize("name", ACTS)
def test_a_crash_between_commit_and_publishing_delays_and_loses_nothing(world: World, name: str):
    act, told = ACTS[name]
    customer, order, pending = prepared(world)

    def crash(_messages: object) -> Any:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.sent, "publish", crash)
        with pytest.raises(Crash):
            act(world, customer, order, pending)
    assert left(world) == told
    world.clock.advance(6)
    assert world.hub.sweep_outbox() == len(told) == len(world.sent.messages)
    assert left(world) == []
    assert world.hub.sweep_outbox() == 0


@pytest.mark.parametrize("name", ACTS)
def test_a_crash_between_publishing_and_forgetting_tells_twice_and_books_once(
    world: World, name: str
):
    act, _ = ACTS[name]
    customer, order, pending = prepared(world)

    def crash(*_: object) -> Any:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.hub.outbox), "forget", crash)
        with pytest.raises(Crash):
            act(world, customer, order, pending)
    sent = [each.message_id for each in world.sent.messages]
    world.clock.advance(6)
    assert world.hub.sweep_outbox() == len(sent) > 0
    assert [each.message_id for each in world.sent.messages] == sent * 2
    while batch := world.sent.take_submitted():
        assert world.execute(batch).failed == []
    twice = "SELECT order_id FROM executions GROUP BY order_id HAVING count(*) > 1"
    assert world.sql(twice) == []
