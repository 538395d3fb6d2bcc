"""Many workers at once, each with a connection of its own: the books hold whatever the order."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import TypeVar

import pytest

from hub.application.accounts.cash_moves import CashCommand
from hub.application.identity.register import RegisterCommand
from hub.application.orders.canceling import NotCancelableError
from hub.application.orders.execute_orders import ExecutedOrders
from hub.application.ports.identity import Rotated, Rotation
from hub.bootstrap import Hub
from hub.domain.accounts.balance import Balance, InsufficientBuyingPowerError
from hub.domain.accounts.position import InsufficientHoldingsError, Position
from hub.domain.identity.sessions import IDLE, token_hash
from hub.domain.kernel import ConflictError, HubError
from hub.domain.orders.order import Order, State
from tests.fixtures.worlds import World

Result = TypeVar("Result")
WORKERS = 8
D = Decimal


def at_once(
    world: World, works: Sequence[Callable[[Hub], Result]]
) -> tuple[list[Result], list[HubError]]:
    """Each work in a thread of its own, all let go together: results, and Hub's refusals."""
    barrier = Barrier(len(works))

    def run(work: Callable[[Hub], Result], hub: Hub) -> Result | HubError:
        hub.database.rows("SELECT 1")
        barrier.wait(20)
        try:
            return work(hub)
        except HubError as error:
            return error

    hubs = [world.another_hub() for _ in works]
    with ThreadPoolExecutor(len(works)) as pool:
        outcomes = list(pool.map(run, works, hubs))
    refused = [each for each in outcomes if isinstance(each, HubError)]
    return [each for each in outcomes if not isinstance(each, HubError)], refused


def test_money_for_n_orders_takes_exactly_n_of_four_n_attempts(world: World):
    customer = world.customer("500")
    world.quote("AAPL", "100", "100")

    def submit(hub: Hub) -> Order:
        return world.submit(customer, "buy", "1", limit="100", hub=hub)

    taken, refused = at_once(world, [submit] * 20)
    assert len(taken) == 5
    assert {type(each) for each in refused} == {InsufficientBuyingPowerError}
    assert world.balance(customer) == Balance(D(500), D(0), D(500))
    while world.sent.messages and world.process().messages:
        pass
    assert world.balance(customer) == Balance(D(0), D(0), D(0))
    assert world.position(customer).quantity == 5


def test_shares_for_n_sales_take_exactly_n_of_four_n_attempts(world: World):
    customer = world.customer()
    world.give(customer, "3", "100")
    taken, refused = at_once(world, [lambda hub: world.submit(customer, "sell", "1", hub=hub)] * 12)
    assert len(taken) == 3
    assert {type(each) for each in refused} == {InsufficientHoldingsError}
    world.process()
    assert world.position(customer) == Position()
    assert world.balance(customer).unsettled == 300


def test_one_client_order_id_is_one_order_for_all_who_send_it(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "100", "100")
    taken, refused = at_once(
        world,
        [lambda hub: world.submit(customer, "buy", "1", client_order_id="mine", hub=hub)] * WORKERS,
    )
    assert refused == []
    assert len({each.order_id for each in taken}) == 1
    assert world.sql("SELECT count(*) FROM orders") == [(1,)]
    assert world.balance(customer).reserved == 104


def test_one_client_order_id_for_different_orders_is_one_order_and_conflicts(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "100", "100")

    def submit(quantity: str) -> Callable[[Hub], Order]:
        return lambda hub: world.submit(customer, "buy", quantity, client_order_id="mine", hub=hub)

    taken, refused = at_once(world, [submit(str(each + 1)) for each in range(WORKERS)])
    assert len(taken) == 1
    assert {type(each) for each in refused} == {ConflictError}
    assert world.sql("SELECT count(*) FROM orders") == [(1,)]


def test_a_batch_that_all_workers_get_is_executed_once(world: World):
    customers = [world.customer("1000") for _ in range(3)]
    world.quote("AAPL", "100", "100")
    for customer in customers * 3:
        world.submit(customer, "buy", "1")
    batch = world.sent.take_submitted()
    results, refused = at_once(world, [lambda hub: world.execute(batch, hub)] * WORKERS)
    assert refused == []
    assert [list(each.failed) for each in results] == [[]] * WORKERS
    assert world.sql("SELECT count(*), count(DISTINCT order_id) FROM executions") == [(9, 9)]
    for customer in customers:
        assert world.balance(customer) == Balance(D(700), D(0), D(0))
        assert world.position(customer) == Position(D(3), D(0), D(300), D(0))


def test_an_order_is_canceled_or_filled_and_never_both(world: World):
    customer = world.customer("100000")
    world.quote("AAPL", "100", "100")
    seen = set()
    for _ in range(40):
        order = world.submit(customer, "buy", "1")
        batch = world.sent.take_submitted()

        def cancel(hub: Hub, order: Order = order) -> State:
            return world.cancel(customer, order, hub).state

        def execute(hub: Hub, batch: list[dict[str, str]] = batch) -> State:
            world.execute(batch, hub)
            return State.FILLED

        works: list[Callable[[Hub], State]] = [cancel, execute]
        _, refused = at_once(world, works)
        state = world.order(customer, order).state
        assert state is (State.FILLED if refused else State.CANCELED)
        seen.add(state)
        if seen == {State.FILLED, State.CANCELED}:
            break
    # The race falls as it falls; the order of arrival that it did not show is shown in turn.
    for first in {State.FILLED, State.CANCELED} - seen:
        order = world.submit(customer, "buy", "1")
        if first is State.FILLED:
            world.process()
            with pytest.raises(NotCancelableError):
                world.cancel(customer, order)
        else:
            world.cancel(customer, order)
            world.process()
        assert world.order(customer, order).state is first
    filled = world.sql("SELECT count(*) FROM orders WHERE state = 'filled'")[0][0]
    assert filled >= 1
    assert world.sql("SELECT count(*) FROM executions") == [(filled,)]
    assert world.balance(customer) == Balance(D(100000) - 100 * filled, D(0), D(0))


def test_a_cancel_that_comes_second_to_the_fill_says_so(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "1")
    world.process()
    before = world.contents()
    with pytest.raises(NotCancelableError) as refused:
        world.cancel(customer, order)
    assert refused.value.extra == {"state": "filled"}
    assert world.contents() == before


def test_a_fill_that_comes_second_to_the_cancel_finds_nothing_to_do(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "1")
    world.cancel(customer, order)
    before = world.contents()
    assert world.process().failed == []
    assert world.contents() == before
    assert world.balance(customer).available == 1000


def test_of_two_cancels_one_cancels(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "1", limit="90")
    world.process()
    done, refused = at_once(world, [lambda hub: world.cancel(customer, order, hub)] * WORKERS)
    assert len(done) == 1
    assert {type(each) for each in refused} == {NotCancelableError}
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))
    assert world.sql("SELECT count(*) FROM ledger_transactions WHERE kind = 'release'") == [(1,)]


def test_batches_that_cross_accounts_in_opposite_order_do_not_deadlock(world: World):
    customers = [world.customer("10000") for _ in range(4)]
    world.quote("AAPL", "100", "100")
    for _ in range(6):
        for customer in customers:
            world.submit(customer, "buy", "1")
    first = world.sent.take_submitted(24)
    batches = [first[each::3] for each in range(3)]
    batches += [list(reversed(each)) for each in batches]

    def execute(batch: list[dict[str, str]]) -> Callable[[Hub], ExecutedOrders]:
        return lambda hub: world.execute(batch, hub)

    _, refused = at_once(world, [execute(each) for each in batches])
    assert refused == []
    assert world.sql("SELECT count(*) FROM executions") == [(24,)]
    assert {world.balance(each) for each in customers} == {Balance(D(9400), D(0), D(0))}


def test_one_key_deposits_once_for_all_who_send_it(world: World):
    customer = world.customer()

    def deposit(hub: Hub) -> bool:
        command = CashCommand(customer.customer_id, customer.account_id, D("12.34"), "key", "t")
        return hub.deposit_cash(command).amount == D("12.34")

    done, refused = at_once(world, [deposit] * WORKERS)
    assert (done, refused) == ([True] * WORKERS, [])
    assert world.balance(customer).settled == D("12.34")
    assert len([each for each in world.sent.told() if each["type"] == "CashDeposited"]) == 1


def test_one_address_registers_once(world: World):
    command = RegisterCommand("one@example.com", "correct horse", "One", "t")
    done, refused = at_once(world, [lambda hub: hub.register(command)] * WORKERS)
    assert (len(done), refused) == (WORKERS, [])
    ((customer_id,),) = world.sql("SELECT user_id::text FROM users")
    assert [each.customer.customer_id for each in done].count(customer_id) == 1


def test_everything_at_once_on_few_accounts_keeps_every_invariant(world: World):
    customers = [world.customer("300") for _ in range(2)]
    world.give(customers[0], "5", "100")
    world.sent.messages.clear()

    refusals: list[str] = []

    def trade(number: int) -> Callable[[Hub], int]:
        def work(hub: Hub) -> int:
            done = 0
            for step in range(8):
                customer = customers[(number + step) % 2]
                side = "sell" if (number + step) % 3 == 0 else "buy"
                try:
                    order = world.submit(
                        customer, side, "1", limit="100" if step % 2 else None, hub=hub
                    )
                    if step % 4 == 3:
                        world.cancel(customer, order, hub)
                    done += 1
                except HubError as error:
                    refusals.append(error.code)
                world.process(hub)
            return done

        return work

    done, refused = at_once(world, [trade(each) for each in range(WORKERS)])
    assert refused == []
    assert sum(done) > 0
    assert set(refusals) <= {
        "insufficient_buying_power",
        "insufficient_holdings",
        "order_not_cancelable",
    }
    while world.process().messages:
        pass
    shares = sum(world.position(each).quantity for each in customers)
    cash = sum(world.balance(each).total for each in customers)
    assert cash + 100 * shares == 1100
    assert {world.balance(each).reserved for each in customers} == {D(0)}


def test_of_many_that_present_one_refresh_token_one_wins_and_the_session_ends(world: World):
    customer = world.customer()
    now = world.clock.now()
    # `at_the_door` gives a session whose first token is its id.
    presented = token_hash(customer.session_id)

    def rotate(hub: Hub) -> Rotated | None:
        return hub.sessions.rotate(Rotation(presented, token_hash(hub.ids.new()), now, now - IDLE))

    taken, refused = at_once(world, [rotate] * 16)
    assert refused == []
    assert [each.reused for each in taken if each is not None].count(False) == 1
    assert not world.hub.sessions.live(customer.session_id, now)
    unused = world.sql("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL")
    assert unused == [(1,)]
    assert rotate(world.hub) is None
