"""Orders that wait: for their limit, for their stop, for the close. On a real database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.adapters.postgres.books import PostgresAccountsAtWork
from hub.adapters.postgres.orders import PostgresOrders
from hub.application.books import Books
from hub.application.orders.watch_resting_orders import RELOAD_EVERY, SAVE_EVERY
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import RejectedError, UnavailableError
from hub.domain.market.quote import AGE_LIMIT
from hub.domain.orders.order import State
from tests.fixtures.worlds import CLOSED, NEXT_OPEN, World

D = Decimal
AFTER_THE_CLOSE = CLOSED - timedelta(hours=12)


def test_a_resting_buy_fills_at_its_limit_when_the_ask_comes_to_it(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="99.50")
    world.process()

    assert world.tick("99.60", "99.62") == 0
    assert world.tick("99.40", "99.42") == 1

    filled = world.order(customer, order)
    assert (filled.state, filled.average_price) == (State.FILLED, D("99.5"))
    assert world.balance(customer) == Balance(D(801), D(0), D(0))
    assert world.position(customer).quantity == 2


def test_a_limit_that_was_reached_is_filled_though_the_market_has_left_it_again(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="99.50")
    world.process()
    reaching = world.quote("AAPL", "99.40", "99.42")
    world.hub.watch_resting_orders.refresh()
    assert world.hub.watch_resting_orders.observe(reaching) == 1
    world.quote("AAPL", "100", "100.02")

    world.process()

    filled = world.order(customer, order)
    assert (filled.state, filled.average_price) == (State.FILLED, D("99.5"))
    ((told,),) = world.sql("SELECT quote_id FROM executions WHERE order_id = %s", order.order_id)
    assert told == reaching.quote_id


def test_a_limit_whose_message_comes_too_late_rests_on_and_is_found_again(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="99.50")
    world.process()
    reaching = world.quote("AAPL", "99.40", "99.42")
    world.hub.watch_resting_orders.refresh()
    assert world.hub.watch_resting_orders.observe(reaching) == 1
    world.pass_time(AGE_LIMIT.total_seconds() + 1)
    world.quote("AAPL", "100", "100.02")
    world.process()
    assert world.order(customer, order).state is State.NEW

    world.pass_time(RELOAD_EVERY.total_seconds())
    world.tick("99.40", "99.42")
    world.process()
    assert world.order(customer, order).state is State.FILLED


def test_an_order_that_could_not_be_processed_while_its_quote_was_fresh_has_the_next(world: World):
    """Its symbol is quoted more seldom than the book is reloaded."""
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="99.50")
    world.process()
    world.pass_time(1)
    reaching = world.quote("AAPL", "99.40", "99.42")
    world.hub.watch_resting_orders.refresh()
    world.hub.watch_resting_orders.observe(reaching)
    world.pass_time(AGE_LIMIT.total_seconds() + 1)
    world.process()
    world.pass_time(RELOAD_EVERY.total_seconds())
    world.hub.watch_resting_orders.refresh()
    world.process()
    assert world.order(customer, order).state is State.NEW

    assert world.tick("99.40", "99.42") == 1

    assert world.order(customer, order).state is State.FILLED


def test_what_was_canceled_is_not_filled_by_the_quote_that_reaches_it(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="99.50")
    world.process()
    world.hub.watch_resting_orders.refresh()
    world.cancel(customer, order)

    assert world.tick("99.40", "99.42") == 1

    assert world.order(customer, order).state is State.CANCELED
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_a_stop_sells_at_the_bid_of_the_quote_that_jumped_over_it(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", stop_price="95")
    world.process()
    assert world.order(customer, order).triggered_at is None

    assert world.tick("95.01", "95.05") == 0
    assert world.tick("94", "94.05") == 1

    sold = world.order(customer, order)
    assert (sold.state, sold.average_price) == (State.FILLED, D(94))
    assert world.balance(customer) == Balance(D(0), D(376), D(0))


@pytest.mark.parametrize(("late", "price"), [(0, "95"), (6, "97")])
def test_a_stop_stays_elected_though_the_market_turns_before_it_is_processed(
    world: World, late: int, price: str
):
    """It sells on the quote that elected it or, where that is too old to trade on, on the next."""
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", stop_price="95")
    world.process()
    electing = world.quote("AAPL", "95", "95.05")
    world.hub.watch_resting_orders.refresh()
    assert world.hub.watch_resting_orders.observe(electing) == 1
    world.pass_time(late)
    world.quote("AAPL", "97", "97.05")

    world.process()

    sold = world.order(customer, order)
    assert (sold.state, sold.average_price) == (State.FILLED, D(price))
    told = [
        step.type for step in world.hub.get_order_timeline(customer.customer_id, order.order_id)
    ]
    assert told == ["OrderSubmitted", "OrderEntered", "OrderTriggered", "OrderExecuted"]


def test_a_stop_limit_that_is_elected_rests_at_its_limit(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", stop_price="95", limit="95.50")
    world.process()

    assert world.tick("95", "95.05") == 1
    resting = world.order(customer, order)
    assert resting.state is State.NEW
    assert resting.triggered_at is not None

    assert world.tick("95.50", "95.55") == 1
    assert world.order(customer, order).average_price == D("95.5")


def test_a_stop_that_the_market_has_passed_already_triggers_on_arrival(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "1", stop_price="99")
    world.process()
    assert world.order(customer, order).average_price == D("100.02")


def test_a_stop_buy_reserves_what_its_stop_may_cost(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", stop_price="110")
    assert order.reserved_cash == D("228.8")
    world.process()
    world.tick("111", "111.02")
    assert world.balance(customer) == Balance(D("777.96"), D(0), D(0))


def test_a_trailing_stop_follows_the_bid_and_keeps_its_place_over_a_new_leader(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", trail_price="10")
    world.process()
    assert world.order(customer, order).stop_price == D(90)

    world.tick("120", "120.05")
    world.pass_time(SAVE_EVERY.total_seconds())
    world.tick("115", "115.05")
    saved = world.order(customer, order)
    assert (saved.water_mark, saved.stop_price) == (D(120), D(110))

    del world.hub.watch_resting_orders
    assert world.tick("110.01", "110.05") == 0
    assert world.tick("109.50", "109.55") == 1
    assert world.order(customer, order).average_price == D("109.5")


def test_a_saved_mark_never_goes_back(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", trail_percent="10")
    world.process()
    world.tick("120", "120.05")
    world.pass_time(SAVE_EVERY.total_seconds())
    world.tick("119", "119.05")
    behind = world.hub.orders.resting(NEXT_OPEN.replace(year=2000))
    (stale,) = [each for each in behind if each.order_id == order.order_id]
    assert stale.stop is not None
    world.hub.orders.save_marks([stale._replace(stop=stale.stop._replace(mark=D(110)))])
    assert world.order(customer, order).water_mark == D(120)


def test_a_mark_that_could_not_be_saved_is_saved_later(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", trail_percent="10")
    world.process()
    world.tick("120", "120.05")
    world.pass_time(SAVE_EVERY.total_seconds())
    with monkeypatch.context() as broken:
        broken.setattr(PostgresOrders, "save_marks", _no_database)
        with pytest.raises(UnavailableError):
            world.hub.watch_resting_orders.refresh()
    world.pass_time(RELOAD_EVERY.total_seconds())
    assert world.tick("119", "119.05") == 0
    assert world.order(customer, order).water_mark == D(120)


def test_a_reload_that_failed_leaves_the_book_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    world.submit(customer, "buy", "2", limit="99.50")
    world.process()
    world.tick("100", "100.02")
    world.pass_time(RELOAD_EVERY.total_seconds() - 1)
    world.tick("100", "100.02")
    world.pass_time(1)
    with monkeypatch.context() as broken:
        broken.setattr(PostgresOrders, "resting", _no_database)
        with pytest.raises(UnavailableError):
            world.hub.watch_resting_orders.refresh()
    assert world.tick("99.40", "99.42") == 1


def test_an_order_delivered_again_while_it_rests_does_not_turn_its_mark_back(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    customer = world.customer("1000")
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", trail_percent="10")
    world.process()
    (resting,) = world.hub.orders.resting(NEXT_OPEN.replace(year=2000))
    assert resting.stop is not None
    risen = resting._replace(stop=resting.stop._replace(price=D(108), mark=D(120)))
    leader, load = world.another_hub(), PostgresAccountsAtWork.open

    @contextmanager
    def load_while_the_leader_saves(*given: Any) -> Iterator[Books]:
        with load(*given) as books:
            leader.orders.save_marks([risen])
            yield books

    world.quote("AAPL", "105", "105.05")
    another = world.submit(customer, "buy", "1", limit="106")
    monkeypatch.setattr(PostgresAccountsAtWork, "open", load_while_the_leader_saves)
    assert world.execute([order, another]).failed == []
    assert world.order(customer, another).state is State.FILLED
    saved = world.order(customer, order)
    assert (saved.water_mark, saved.stop_price) == (D(120), D(108))


def test_what_the_queue_did_not_take_goes_out_with_the_next_refresh(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", trail_price="10")
    world.process()
    world.tick("100", "100.05")
    world.pass_time(15)
    world.tick("120", "120.05")
    world.sent.up = False
    assert world.tick("110", "110.05") == 0
    world.sent.up = True
    world.hub.watch_resting_orders.refresh()
    assert world.process().failed == []
    assert world.order(customer, order).state is State.FILLED


def _no_database(*_: object) -> None:
    raise UnavailableError("the database does not answer")


def test_a_trail_wider_than_the_price_is_refused(world: World):
    customer = world.customer()
    world.give(customer, "1", "100")
    before = world.contents()
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "sell", "1", trail_price="100")
    assert refused.value.faults[0].field == "trail_price"
    assert world.contents() == before


def test_an_order_worth_more_than_any_may_be_is_refused(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    before = world.contents()
    with pytest.raises(RejectedError) as refused:
        world.submit(customer, "buy", "1000000000", stop_price="900000000", limit="900000000")
    assert refused.value.code == "order_too_large"
    assert world.contents() == before


def test_day_orders_end_at_the_close_and_others_do_not(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    day = world.submit(customer, "buy", "2", limit="90")
    gtc = world.submit(customer, "buy", "2", limit="91", tif="gtc")
    world.process()
    assert world.hub.expire_orders("t") == 0

    world.market(AFTER_THE_CLOSE)
    assert world.hub.expire_orders("t") == 1
    assert world.hub.expire_orders("t") == 0

    assert world.order(customer, day).state is State.EXPIRED
    assert world.order(customer, gtc).state is State.NEW
    assert world.balance(customer) == Balance(D(1000), D(0), D(182))


def test_a_day_order_that_was_queued_works_in_the_next_session_and_ends_at_its_close(world: World):
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="90")
    world.process()
    assert world.hub.expire_orders("t") == 0
    assert world.order(customer, order).state is State.ACCEPTED

    world.market(NEXT_OPEN + timedelta(minutes=1))
    world.quote("AAPL", "100", "100.02")
    assert world.hub.release_queued_orders("t") == 1
    world.process()
    assert world.order(customer, order).state is State.NEW
    assert world.hub.expire_orders("t") == 0

    world.market(NEXT_OPEN + timedelta(hours=7))
    assert world.hub.expire_orders("t") == 1
    assert world.order(customer, order).state is State.EXPIRED
    assert world.balance(customer).available == 1000


def test_a_queued_order_whose_session_nobody_served_is_canceled(world: World):
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="90")
    world.process()

    world.market(NEXT_OPEN + timedelta(hours=7))
    assert world.hub.expire_orders("t") == 1
    assert world.order(customer, order).state is State.CANCELED
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_an_order_that_breaks_its_batch_does_not_take_the_others_with_it(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    good = world.submit(customer, "buy", "1")
    bad = world.submit(customer, "buy", "2")
    world.tamper(f"UPDATE orders SET reserved_cash = 5000 WHERE order_id = '{bad.order_id}'")

    assert world.process().failed == [bad.order_id]

    assert world.order(customer, good).state is State.FILLED
    assert world.order(customer, bad).state is State.PENDING_NEW
    reserved = bad.reserved_cash
    world.tamper(f"UPDATE orders SET reserved_cash = {reserved} WHERE order_id = '{bad.order_id}'")


def test_an_order_stands_though_the_database_goes_away_once_it_was_sent(world: World, monkeypatch):
    def away(_ids: object) -> None:
        raise UnavailableError("the database does not answer")

    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    monkeypatch.setattr(type(world.hub.outbox), "forget", lambda _self, ids: away(ids))
    order = world.submit(customer, "buy", "1")
    assert order.state is State.PENDING_NEW
    monkeypatch.undo()
    world.process()
    assert world.order(customer, order).state is State.FILLED


def test_a_cancel_whose_answer_was_lost_is_answered_when_it_runs_again(world: World, monkeypatch):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "1", limit="90")
    world.process()
    rows = world.hub.database.rows
    lost: list[str] = []

    def losing_the_first_answer(sql: str, parameters: object = None) -> object:
        answer = rows(sql, parameters)  # type: ignore[arg-type]  # as it came
        if "canceled AS" in sql and not lost:
            lost.append(sql)
            return rows(sql, parameters)  # type: ignore[arg-type]  # as the connection does it
        return answer

    monkeypatch.setattr(world.hub.database, "rows", losing_the_first_answer)
    assert world.cancel(customer, order).state is State.CANCELED
    assert lost
    assert world.balance(customer) == Balance(D(1000), D(0), D(0))


def test_one_day_order_that_breaks_does_not_keep_the_others_alive(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    good = world.submit(customer, "buy", "2", limit="90")
    bad = world.submit(customer, "buy", "2", limit="91")
    world.process()
    world.process()
    world.tamper(f"UPDATE orders SET reserved_cash = 5000 WHERE order_id = '{bad.order_id}'")

    world.market(AFTER_THE_CLOSE)
    assert world.hub.expire_orders("t") == 1

    assert world.order(customer, good).state is State.EXPIRED
    assert world.order(customer, bad).state is State.NEW
    world.tamper(f"UPDATE orders SET reserved_cash = 182 WHERE order_id = '{bad.order_id}'")


def test_while_nobody_keeps_the_clock_no_order_is_ended_or_sent(world: World):
    customer = world.customer("1000")
    world.quote("AAPL", "100", "100.02")
    order = world.submit(customer, "buy", "2", limit="90")
    world.process()
    world.market(AFTER_THE_CLOSE)
    world.clock.advance(6)
    assert world.hub.expire_orders("t") == 0
    assert world.hub.release_queued_orders("t") == 0
    assert world.order(customer, order).state is State.NEW


def test_a_stop_that_comes_twice_in_a_batch_is_told_of_what_reached_it_first(world: World):
    customer = world.customer()
    world.give(customer, "4", "100")
    order = world.submit(customer, "sell", "4", stop_price="95")
    world.process()
    world.hub.watch_resting_orders.refresh()
    assert world.hub.watch_resting_orders.observe(world.quote("AAPL", "94", "94.05")) == 1
    elected = world.sent.take_submitted()
    plain = [{name: text for name, text in each.items() if name != "election"} for each in elected]
    world.quote("AAPL", "99", "99.05")

    assert world.execute([*elected, *plain]).failed == []

    assert world.order(customer, order).average_price == D(94)
