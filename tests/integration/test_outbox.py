"""What happens between a commit and the queue: nothing is lost, and nothing is booked twice."""

from decimal import Decimal

import pytest

from hub.application.ports.market import MarketView
from hub.application.ports.orders import Placed, RequestedOrders
from hub.domain.accounts.position import Position
from hub.domain.kernel import UnavailableError
from hub.domain.orders.order import Order, State
from tests.fixtures.worlds import Customer, World


def test_a_message_that_nobody_took_waits_and_is_swept_after_five_seconds(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    world.sent.up = False
    order = world.submit(customer, "buy", "1")
    world.sent.up = True
    assert world.sql("SELECT destination FROM outbox") == [("orders-submitted",)]
    assert world.hub.sweep_outbox() == 0
    world.clock.advance(5)
    assert world.hub.sweep_outbox() == 0
    world.clock.advance(0.001)
    assert world.hub.sweep_outbox() == 1
    assert world.sql("SELECT count(*) FROM outbox") == [(0,)]
    world.pass_time(0)
    world.quote("AAPL", "100", "100")
    assert world.process().failed == []
    assert world.order(customer, order).state is State.FILLED


def test_a_crash_right_after_the_commit_leaves_the_message_for_the_sweeper(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")

    def crash(_messages):
        raise KeyboardInterrupt

    taken, world.sent.publish = world.sent.publish, crash  # type: ignore[method-assign]  # dies here
    with pytest.raises(KeyboardInterrupt):
        world.submit(customer, "buy", "1")
    world.sent.publish = taken  # type: ignore[method-assign]  # another process, alive
    world.clock.advance(6)
    assert world.hub.sweep_outbox() == 1
    assert len(world.sent.take_submitted()) == 1


def test_sweeping_takes_batch_after_batch_until_all_are_sent(world: World):
    customer = world.customer()
    world.sent.up = False
    for _ in range(230):
        world.deposit(customer, "1")
    world.sent.up = True
    world.clock.advance(6)
    assert world.hub.sweep_outbox() == 230
    assert len({each.message_id for each in world.sent.messages}) == 230


def test_a_sweeper_that_loses_the_database_says_so_and_sends_again_later(world: World):
    customer = world.customer()
    world.sent.up = False
    world.deposit(customer, "1")
    world.sent.up = True
    world.clock.advance(6)

    def publish(messages):
        world.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename <> current_user AND datname = current_database()"
        )
        return taken(messages)

    taken, world.sent.publish = world.sent.publish, publish  # type: ignore[method-assign]  # cuts it
    with pytest.raises(UnavailableError):
        world.hub.sweep_outbox()
    world.sent.publish = taken  # type: ignore[method-assign]  # the database is back
    assert world.hub.sweep_outbox() == 1
    assert world.sql("SELECT count(*) FROM outbox") == [(0,)]


def test_while_the_queue_is_down_the_sweeper_keeps_everything(world: World):
    customer = world.customer()
    world.sent.up = False
    world.deposit(customer, "1")
    world.clock.advance(6)
    assert world.hub.sweep_outbox() == 0
    assert world.sql("SELECT count(*) FROM outbox") == [(1,)]


def test_two_sweepers_share_the_messages_and_send_none_twice(world: World):
    customer = world.customer()
    world.sent.up = False
    for _ in range(5):
        world.deposit(customer, "1")
    world.sent.up = True
    world.clock.advance(6)
    moment = world.clock.now()
    other = world.another_hub()
    with world.hub.outbox.claim(moment, 3) as mine, other.outbox.claim(moment, 10) as theirs:
        assert len(mine) == 3
        assert {each.message_id for each in mine}.isdisjoint(each.message_id for each in theirs)
        assert len(theirs) == 2


def test_a_connection_that_was_terminated_is_replaced_before_the_next_statement(world: World):
    customer = world.customer("1000")
    terminate(world)
    assert world.balance(customer).settled == 1000
    world.quote("AAPL", "100", "100")
    terminate(world)
    order = world.submit(customer, "buy", "1")
    assert world.sql("SELECT count(*) FROM orders") == [(1,)]
    assert order.state is State.PENDING_NEW


def test_a_batch_is_booked_once_after_its_connection_was_terminated(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    world.submit(customer, "buy", "1")
    terminate(world)
    assert world.process().failed == []
    assert world.balance(customer).settled == 900


def test_a_connection_lost_between_decision_and_commit_books_nothing_and_the_next_try_does(
    world: World,
):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "1")
    batch = world.sent.take_submitted()
    before = world.contents()
    with pytest.raises(UnavailableError):
        lose_the_connection_while_booking(world, customer, order)
    assert world.contents() == before
    assert world.execute(batch).failed == []
    assert world.position(customer).quantity == 1


def test_an_order_whose_answer_from_the_database_was_lost_is_found_again(world: World):
    """The statement committed, the connection broke before saying so, and it ran again."""
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    orders = world.hub.orders
    place = type(orders).place

    def lose_the_answer(self, request: RequestedOrders) -> Placed:
        place(self, request)
        return place(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(orders), "place", lose_the_answer)
        order = world.submit(customer, "buy", "1")
    assert world.sql("SELECT order_id::text FROM orders") == [(order.order_id,)]
    assert world.balance(customer).reserved == 104


def test_without_the_cache_orders_are_taken_and_wait(world: World):
    customer = world.customer("10000")
    hub = world.another_hub()
    hub.settings = hub.settings._replace(redis_url="redis://127.0.0.1:1/0")
    order = world.submit(customer, "buy", "1", hub=hub)
    view: MarketView = hub.price_orders(["AAPL"])
    assert view.quotes["AAPL"].last_close
    assert order.market_price == view.quotes["AAPL"].ask
    assert hub.get_readiness().status == "degraded"


def test_without_its_database_the_platform_is_not_ready(world: World):
    hub = world.another_hub()
    hub.settings = hub.settings._replace(database_url="postgresql://hub_app@127.0.0.1:1/none")
    readiness = hub.get_readiness()
    assert readiness.status == "unavailable"
    assert ("database", False) in [(each.name, each.healthy) for each in readiness.probes]
    with pytest.raises(UnavailableError):
        hub.accounts.of(world.customer().customer_id)


def terminate(world: World) -> None:
    """The server ends the use cases' connection."""
    ended = world.sql(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert ended == [(True,)] * len(ended)
    assert ended


def lose_the_connection_while_booking(world: World, customer: Customer, order: Order) -> None:
    with world.hub.accounts_at_work.open([customer.account_id], [order.order_id]) as books:
        account = books.accounts[customer.account_id]
        books.hold(account, order.instrument_id, Position(Decimal(1)))
        books.changed_accounts.add(customer.account_id)
        terminate(world)
