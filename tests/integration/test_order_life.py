"""Orders from entry to their end, on a real database: cash, shares and rows at every step."""

from decimal import Decimal

import pytest

from hub.domain.accounts.balance import Balance, InsufficientBuyingPowerError
from hub.domain.accounts.position import InsufficientHoldingsError, Position
from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.orders.order import State
from tests.fixtures.worlds import CLOSED, NEXT_OPEN, OPEN, World

D = Decimal


def test_a_market_buy_reserves_padded_cash_and_pays_the_ask(world: World):
    customer = world.customer("10000")
    world.quote("AAPL", "584.98", "585.02")
    order = world.submit(customer, "buy", "10")
    assert order.reserved_cash == D("6084.208")
    assert world.balance(customer) == Balance(D(10000), D(0), D("6084.208"))
    assert world.process().failed == []
    filled = world.order(customer, order)
    assert (filled.state, filled.filled_quantity) == (State.FILLED, D(10))
    assert filled.average_price == D("585.02")
    assert world.balance(customer) == Balance(D("4149.8"), D(0), D(0))
    assert world.position(customer) == Position(D(10), D(0), D("5850.2"), D(0))


def test_a_sale_earns_the_bid_unsettled_and_takes_its_share_of_cost(world: World):
    customer = world.customer()
    world.give(customer, "3", "100.01")
    world.quote("AAPL", "110", "110.02")
    order = world.submit(customer, "sell", "2")
    assert world.position(customer).sellable == 1
    world.process()
    assert world.order(customer, order).average_price == D(110)
    assert world.balance(customer) == Balance(D(0), D(220), D(0))
    assert world.position(customer) == Position(D(1), D(0), D("100.01"), D("19.98"))
    (settles,) = world.sql("SELECT amount, settlement_date::text FROM settlement_obligations")
    assert settles == (D(220), "2012-06-06")


def test_unsettled_proceeds_buy_again_at_once(world: World):
    customer = world.customer()
    world.give(customer, "1", "100")
    world.submit(customer, "sell", "1")
    world.process()
    world.submit(customer, "buy", "1", limit="100")
    world.process()
    assert world.balance(customer) == Balance(D(0), D(0), D(0))
    assert world.position(customer).quantity == 1


def test_a_limit_below_the_market_rests_until_canceled_and_gives_all_back(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "10", limit="99.50")
    world.process()
    assert world.order(customer, order).state is State.NEW
    assert world.balance(customer).available == D(5)
    canceled = world.cancel(customer, order)
    assert (canceled.state, canceled.reserved_cash) == (State.CANCELED, D(0))
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_a_canceled_sale_frees_its_shares(world: World):
    customer = world.customer()
    world.give(customer, "5", "100")
    order = world.submit(customer, "sell", "5", limit="120")
    world.process()
    assert world.position(customer).sellable == 0
    world.cancel(customer, order)
    assert world.position(customer) == Position(D(5), D(0), D(500), D(0))


def test_a_marketable_limit_pays_the_market_and_not_its_limit(world: World):
    customer = world.customer("1100")
    world.quote("AAPL", "100", "100.02")
    world.submit(customer, "buy", "10", limit="110")
    world.process()
    assert world.balance(customer) == Balance(D("99.8"), D(0), D(0))


def test_a_resting_limit_that_is_reached_fills_at_its_limit(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "10", limit="99")
    world.process()
    world.quote("AAPL", "98", "98.50")
    world.execute([order])
    assert world.order(customer, order).average_price == D(99)
    assert world.balance(customer) == Balance(D(10), D(0), D(0))


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_what_may_not_rest_is_canceled_and_gives_all_back(world: World, tif: str):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "10", limit="99", tif=tif)
    world.process()
    assert world.order(customer, order).state is State.CANCELED
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_an_order_beyond_buying_power_leaves_no_row(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    before = world.contents()
    with pytest.raises(InsufficientBuyingPowerError) as refused:
        world.submit(customer, "buy", "10.00000001", limit="100")
    assert refused.value.extra["available"] == "1000.00"
    assert world.contents() == before


def test_a_sale_beyond_holdings_leaves_no_row(world: World):
    customer = world.customer()
    world.give(customer, "5", "100")
    before = world.contents()
    with pytest.raises(InsufficientHoldingsError):
        world.submit(customer, "sell", "5.000000001")
    assert world.contents() == before


def test_the_price_may_run_away_and_the_rest_of_the_cash_pays(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "10", "10")
    order = world.submit(customer, "buy", "10")
    world.quote("AAPL", "20", "20")
    world.process()
    assert world.order(customer, order).average_price == D(20)
    assert world.balance(customer) == Balance(D(800), D(0), D(0))


def test_a_price_that_runs_beyond_all_cash_fails_the_order_and_frees_its_money(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "90", "90")
    order = world.submit(customer, "buy", "10")
    world.quote("AAPL", "101", "101")
    world.process()
    failed = world.order(customer, order)
    assert (failed.state, failed.reason_code) == (State.REJECTED, "insufficient_buying_power")
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))
    assert world.position(customer) == Position()


def test_a_buy_worth_less_than_the_smallest_money_is_refused(world: World):
    customer = world.customer("1")
    world.quote("FB", "28", "28")
    before = world.contents()
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "buy", "0.000000001", symbol="FB")
    assert (refused.value.code, refused.value.faults[0].field) == ("order_too_small", "quantity")
    assert world.contents() == before


def test_a_closed_market_queues_and_the_open_executes(world: World):
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5", limit="100")
    assert world.process().failed == []
    assert world.order(customer, order).state is State.ACCEPTED
    assert world.hub.release_queued_orders("t") == 0
    world.market(NEXT_OPEN)
    world.quote("AAPL", "99", "99")
    assert world.hub.release_queued_orders("t") == 1
    assert world.hub.release_queued_orders("t") == 1
    assert world.process().failed == []
    executed = world.order(customer, order)
    assert (executed.state, executed.average_price) == (State.FILLED, D(99))
    assert world.sql("SELECT count(*) FROM executions") == [(1,)]


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_what_does_not_wait_is_refused_while_the_market_is_closed(world: World, tif: str):
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "100", "100")
    before = world.contents()
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "buy", "5", tif=tif)
    assert (refused.value.code, refused.value.faults[0].field) == ("market_closed", "time_in_force")
    assert world.contents() == before


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_what_does_not_wait_and_comes_after_the_close_is_canceled(world: World, tif: str):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5", tif=tif)
    world.market(CLOSED)
    assert world.process().failed == []
    assert world.order(customer, order).state is State.CANCELED
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))
    world.market(NEXT_OPEN)
    assert world.hub.release_queued_orders("t") == 0
    assert world.broken_invariants() == {}


def test_an_order_waits_while_the_quote_is_stale_and_trades_on_the_next_fresh_one(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5")
    world.pass_time(5.5)
    batch = world.sent.take_submitted()
    for _ in range(2):
        assert world.execute(batch).failed == []
        assert world.order(customer, order).state is State.ACCEPTED
        assert world.position(customer).quantity == 0
    world.quote("AAPL", "101", "101")
    assert world.hub.release_queued_orders("t") == 1
    world.process()
    filled = world.order(customer, order)
    assert (filled.state, filled.average_price) == (State.FILLED, D(101))


@pytest.mark.parametrize("tif", ["ioc", "fok"])
def test_an_order_that_may_not_wait_is_canceled_when_the_quote_is_stale(world: World, tif: str):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5", tif=tif)
    world.pass_time(5.5)
    world.process()
    assert world.order(customer, order).state is State.CANCELED
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_quotes_are_stale_once_their_source_has_stopped(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5")
    world.clock.advance(5.001)
    world.process()
    assert world.order(customer, order).state is State.ACCEPTED
    assert world.hub.get_market_data("AAPL").stale


def test_without_a_live_quote_the_last_close_is_shown_as_stale_and_executes_nothing(world: World):
    customer = world.customer("10000")
    seen = world.hub.get_market_data("AAPL")
    assert (seen.stale, seen.quote.last) == (True, D("577.73"))
    order = world.submit(customer, "buy", "1")
    world.process()
    assert world.order(customer, order).state is State.ACCEPTED
    assert world.position(customer).quantity == 0


def test_a_symbol_without_any_price_is_unavailable(world: World):
    customer = world.customer("1000")
    world.market(OPEN.replace(year=2003, month=6, day=2))
    with pytest.raises(UnavailableError) as refused:
        world.submit(customer, "buy", "1", symbol="GOOG")
    assert refused.value.code == "no_market_data"


def test_garbage_in_the_cache_is_no_quote(world: World):
    world.redis_set("market_data:AAPL", '{"bid": "a"}')
    assert world.hub.get_market_data("AAPL").stale


def test_a_batch_shares_one_moment_and_one_account_s_cash(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    world.quote("IBM", "200", "200")
    orders = [
        world.submit(customer, "buy", "2", limit="100"),
        world.submit(customer, "buy", "3", symbol="IBM", limit="200"),
        world.submit(customer, "buy", "2", limit="100"),
    ]
    assert world.process().failed == []
    assert {world.order(customer, each).state for each in orders} == {State.FILLED}
    assert world.balance(customer) == Balance(D(0), D(0), D(0))
    assert world.position(customer).quantity == 4
    assert world.position(customer, "IBM").cost == 600


def test_an_order_that_is_not_there_fails_and_the_rest_of_its_batch_does_not(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5")
    batch = world.sent.take_submitted()
    stranger = {**batch[0], "order_id": world.ids.new()}
    assert world.execute([stranger, *batch]).failed == [stranger["order_id"]]
    assert world.order(customer, order).state is State.FILLED


def test_an_order_id_that_is_none_does_not_break_the_environment_for_those_after_it(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5")
    batch = world.sent.take_submitted()
    with pytest.raises(Exception, match="uuid"):
        world.execute([{**batch[0], "order_id": "not-an-id"}])
    assert world.execute(batch).failed == []
    assert world.order(customer, order).state is State.FILLED


def test_delivering_a_message_again_changes_nothing(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    world.submit(customer, "buy", "5")
    batch = world.sent.take_submitted()
    world.execute(batch)
    before = world.contents()
    assert world.execute(batch).failed == []
    assert world.execute([*batch, *batch]).failed == []
    assert world.contents() == before


def test_everything_that_happens_to_an_order_is_told_on_the_bus(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100")
    order = world.submit(customer, "buy", "5")
    world.process()
    told = world.sent.told()
    assert [each["type"] for each in told] == ["CashDeposited", "OrderEntered", "OrderExecuted"]
    assert {each["account_id"] for each in told} == {customer.account_id}
    assert told[-1]["detail"]["order_id"] == order.order_id
    assert told[-1]["detail"]["value"] == "500.00"
    assert world.sql("SELECT count(*) FROM outbox") == [(0,)]
