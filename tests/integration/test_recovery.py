"""The ladder of an order that cannot be processed, whole and in virtual time."""

from decimal import Decimal
from pathlib import Path

import pytest

from hub.application.ports.operations import Decision, Recovery, Trouble
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import UnavailableError
from hub.domain.orders.order import Order, State
from hub.domain.orders.recovery import RecoveryState
from tests.fixtures.ladders import Ladder
from tests.fixtures.worlds import Customer, World

D = Decimal
DAY = 86_400.0
TRIES = [300.0, 1_200.0, 4_800.0, 26_400.0]
UP_THE_LADDER = ["OrderSubmitted", "OrderStranded", *["OrderRetryPlanned"] * 4]


@pytest.fixture
def ladder(world: World) -> Ladder:
    world.quote("AAPL", "99.98", "100")
    return Ladder(world)


def stranded(ladder: Ladder, *, tif: str = "gtc") -> tuple[Customer, Order]:
    """An order that the venue refuses, given up by its queue."""
    customer = ladder.world.customer("1000")
    order = ladder.world.submit(customer, "buy", "2", tif=tif)
    ladder.world.sent.take_submitted()
    ladder.venue.refused.add(order.order_id)
    assert ladder.give_up(order) == []
    return customer, order


def recovery_of(ladder: Ladder, order: Order) -> Recovery:
    found = ladder.world.hub.recoveries.find(order.order_id)
    assert found is not None
    return found


def answer(ladder: Ladder, order: Order, decision: str) -> bool:
    token = recovery_of(ladder, order).task_token
    assert token is not None
    return ladder.world.hub.recovery_runs.answer(token, decision)


def manual(ladder: Ladder) -> list[str]:
    now = ladder.world.clock.now()
    found = ladder.world.hub.recoveries.troubled(Trouble(True, now, now), 10)
    return [each.order.order_id for each in found]


async def test_an_order_is_tried_four_times_and_then_waits_for_a_person(ladder: Ladder):
    customer, order = stranded(ladder)
    await ladder.pass_time(TRIES[-1] - 1)
    assert ladder.seconds_of("StepRetryOrder") == TRIES[:-1]
    assert manual(ladder) == []

    await ladder.pass_time(1)
    assert ladder.seconds_of("StepRetryOrder") == TRIES
    assert manual(ladder) == [order.order_id]
    assert ladder.timeline(order) == [*UP_THE_LADDER, "OrderHandedToOperator"]
    found = recovery_of(ladder, order)
    assert (found.state, found.tries, found.reason) == (RecoveryState.MANUAL, 4, "ValueError")
    told = [each["type"] for each in ladder.world.sent.told()]
    assert told[-1] == "OrderHandedToOperator"
    # Nothing was booked or freed on the way.
    assert ladder.world.balance(customer) == Balance(D(1000), D(0), D(208))


async def test_a_person_decides_to_try_again_and_the_order_is_executed_once(ladder: Ladder):
    customer, order = stranded(ladder)
    await ladder.pass_time(TRIES[-1])
    assert answer(ladder, order, Decision.RETRY)
    await ladder.pass_time(1)
    assert manual(ladder) == [order.order_id]  # in vain: it is still refused
    assert len(ladder.seconds_of("StepRetryOrder")) == 5

    ladder.world.market(ladder.world.clock.now().replace(year=2012, month=6, day=4, hour=15))
    ladder.world.quote("AAPL", "99.98", "100")
    ladder.venue.refused.clear()
    assert answer(ladder, order, Decision.RETRY)
    await ladder.pass_time(0)
    assert ladder.world.order(customer, order).state is State.FILLED
    assert recovery_of(ladder, order).state is RecoveryState.OVER
    assert manual(ladder) == []
    assert [run.status for run in ladder.runs()] == ["SUCCEEDED"]
    assert ladder.world.balance(customer) == Balance(D(800), D(0), D(0))
    assert ladder.world.position(customer).quantity == 2


async def test_who_has_answered_is_told_when_another_answers(ladder: Ladder):
    _, order = stranded(ladder)
    await ladder.pass_time(TRIES[-1])
    assert answer(ladder, order, Decision.CLOSED)
    assert not answer(ladder, order, Decision.RETRY)
    await ladder.pass_time(0)
    assert [run.status for run in ladder.runs()] == ["SUCCEEDED"]


@pytest.mark.parametrize("rung", [0, 1, 2])
async def test_what_the_venue_takes_again_recovers_at_the_next_try(ladder: Ladder, rung: int):
    customer, order = stranded(ladder)
    await ladder.pass_time(TRIES[rung] - 1)
    ladder.venue.refused.clear()
    await ladder.pass_time(1)
    assert ladder.world.order(customer, order).state is State.FILLED
    assert recovery_of(ladder, order).state is RecoveryState.OVER
    assert ladder.timeline(order) == [
        *UP_THE_LADDER[: 3 + rung],
        "OrderEntered",
        "OrderExecuted",
        "OrderRecovered",
    ]
    await ladder.pass_time(DAY)
    assert len(ladder.seconds_of("StepRetryOrder")) == rung + 1


async def test_each_message_and_each_step_may_come_twice(ladder: Ladder):
    ladder.times_each = 2
    customer, order = stranded(ladder)
    assert ladder.give_up(order) == []
    await ladder.pass_time(TRIES[1] - 1)
    assert ladder.give_up(order) == []
    ladder.venue.refused.clear()
    await ladder.pass_time(DAY)
    assert len(ladder.runs()) == 1
    assert ladder.timeline(order) == [
        *UP_THE_LADDER[:4],
        "OrderEntered",
        "OrderExecuted",
        "OrderRecovered",
    ]
    assert ladder.world.balance(customer) == Balance(D(800), D(0), D(0))
    # A message that is delivered once more, after all is over, begins nothing.
    assert ladder.give_up(order) == []
    assert len(ladder.runs()) == 1


async def test_asking_twice_renews_the_token_and_tells_nothing_more(ladder: Ladder):
    ladder.times_each = 2
    _, order = stranded(ladder)
    await ladder.pass_time(TRIES[-1])
    first = recovery_of(ladder, order).task_token
    await ladder.pass_time(3 * DAY)
    assert recovery_of(ladder, order).task_token != first
    assert ladder.timeline(order) == [*UP_THE_LADDER, "OrderHandedToOperator"]
    assert answer(ladder, order, Decision.CLOSED)


async def test_an_order_that_strands_again_begins_another_episode(ladder: Ladder):
    customer, order = stranded(ladder)
    ladder.venue.refused.clear()
    await ladder.pass_time(299)
    ladder.world.market(ladder.world.clock.now().replace(year=2012, month=6, day=2))
    await ladder.pass_time(1)
    assert ladder.world.order(customer, order).state is State.ACCEPTED
    ladder.world.market(ladder.world.clock.now().replace(year=2012, month=6, day=4, hour=15))
    assert ladder.give_up(order) == []
    await ladder.pass_time(DAY)
    assert recovery_of(ladder, order).episode == 2
    assert {run.name for run in ladder.runs()} == {f"{order.order_id}-1", f"{order.order_id}-2"}


async def test_a_day_order_whose_day_ends_on_the_ladder_is_ended_and_frees_its_cash(
    ladder: Ladder,
):
    customer, order = stranded(ladder, tif="day")
    await ladder.pass_time(TRIES[-1])
    ended = ladder.world.order(customer, order)
    assert (ended.state, ended.reason_code) == (State.CANCELED, "expired")
    assert ladder.world.balance(customer) == Balance(D(1000), D(0), D(0))
    assert ladder.venue.asked == [order.order_id] * 3
    assert recovery_of(ladder, order).state is RecoveryState.OVER


async def test_an_order_that_its_customer_cancels_on_the_way_is_not_tried(ladder: Ladder):
    customer, order = stranded(ladder)
    await ladder.pass_time(60)
    ladder.world.cancel(customer, order)
    await ladder.pass_time(300)
    assert ladder.venue.asked == []
    assert recovery_of(ladder, order).state is RecoveryState.OVER
    assert ladder.world.order(customer, order).state is State.CANCELED


async def test_an_order_canceled_while_a_person_is_asked_leaves_the_list_at_once(ladder: Ladder):
    customer, order = stranded(ladder)
    await ladder.pass_time(TRIES[-1])
    ladder.world.cancel(customer, order)
    assert manual(ladder) == []
    await ladder.pass_time(DAY)
    assert [run.status for run in ladder.runs()] == ["SUCCEEDED"]
    assert recovery_of(ladder, order).state is RecoveryState.OVER


async def test_a_run_that_could_not_be_started_is_started_with_the_next_delivery(ladder: Ladder):
    customer = ladder.world.customer("1000")
    order = ladder.world.submit(customer, "buy", "2")
    runs = ladder.world.hub.begin_recovery.runs

    def fail(*_: object) -> None:
        raise UnavailableError("states does not answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(runs), "start", fail)
        assert ladder.give_up(order) == ["m-1"]
    assert ladder.runs() == []
    assert ladder.give_up(order) == []
    assert len(ladder.runs()) == 1
    assert ladder.timeline(order) == ["OrderSubmitted", "OrderStranded"]
    await ladder.pass_time(300)
    assert ladder.world.order(customer, order).state is State.FILLED


async def test_nothing_is_given_up_while_the_database_is_away(ladder: Ladder):
    customer, order = stranded(ladder)

    def fail(_name: str) -> None:
        raise UnavailableError("the database does not answer")

    await ladder.pass_time(60)
    ladder.before = fail
    ladder.venue.refused.clear()
    await ladder.pass_time(DAY / 8)
    ladder.before = lambda _name: None
    await ladder.pass_time(DAY / 8)
    assert ladder.world.order(customer, order).state is State.FILLED
    assert [run.status for run in ladder.runs()] == ["SUCCEEDED"]


async def test_what_names_no_order_is_given_back_for_the_last_queue(ladder: Ladder):
    unknown = '{"version": 1, "order_id": "01900000-0000-7000-8000-00000000dead"}'
    for body in (unknown, '{"version": 1}', '{"version": 1, "order_id": "x"}', "garbage"):
        assert ladder.deliver(body) == ["m-1"]
    assert ladder.runs() == []


async def test_an_order_in_the_hands_of_a_person_is_so_after_a_restart(
    world: World, tmp_path: Path
):
    world.quote("AAPL", "99.98", "100")
    ladder = Ladder(world, tmp_path / "machines.sqlite")
    customer, order = stranded(ladder)
    await ladder.pass_time(1_000)
    await ladder.engine.close()
    ladder.begin_engine()
    await ladder.engine.resume()
    await ladder.pass_time(TRIES[-1] - 1_000)
    assert ladder.seconds_of("StepRetryOrder") == TRIES

    before = recovery_of(ladder, order).task_token
    await ladder.engine.close()
    ladder.begin_engine()
    await ladder.engine.resume()
    await ladder.pass_time(0)
    assert manual(ladder) == [order.order_id]
    assert recovery_of(ladder, order).task_token != before
    assert ladder.timeline(order).count("OrderHandedToOperator") == 1
    assert answer(ladder, order, Decision.CLOSED)
    await ladder.pass_time(0)
    assert [run.status for run in ladder.runs()] == ["SUCCEEDED"]
    assert world.order(customer, order).is_open


async def test_an_order_without_its_reservation_goes_to_a_person_at_once(tampered_world: World):
    tampered_world.quote("AAPL", "99.98", "100")
    ladder = Ladder(tampered_world)
    customer = tampered_world.customer("1000")
    order = tampered_world.submit(customer, "buy", "2")
    tampered_world.tamper("UPDATE orders SET reserved_cash = 0")
    assert ladder.give_up(order) == []
    await ladder.pass_time(0)
    assert manual(ladder) == [order.order_id]
    assert ladder.venue.asked == []
