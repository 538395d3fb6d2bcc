"""What administrators do about orders and queues: on record, and the books move as they should."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hub.application.ports.operations import AdminAction
from hub.domain.accounts.balance import Balance
from hub.domain.kernel import UnavailableError
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import Leg, Order, OrderClass, State
from tests.fixtures.ladders import Ladder
from tests.fixtures.ports import HeldQueues, HeldRuns
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import CLOSED, Customer

D = Decimal
WHY = "agreed by telephone"
UP = 26_400.0


@pytest.fixture
def runs(front: Front) -> HeldRuns:
    held = HeldRuns()
    front.world.hub.recovery_runs = held
    return held


@pytest.fixture
def operator(front: Front) -> Customer:
    operator = front.world.customer()
    operator.scope = "customer admin"
    return operator


@pytest.fixture
def queues(front: Front) -> HeldQueues:
    held = HeldQueues()
    front.world.hub.queues = front.world.hub.redrives = front.world.hub.queue_ages = held
    return held


def submitted(front: Front, **more: Any) -> tuple[Customer, Order]:
    """A buy of 2 whose message is lost; 208 of 1000 are reserved."""
    front.world.quote("AAPL", "99.98", "100")
    customer = front.world.customer("1000")
    order = front.world.submit(customer, "buy", "2", **{"tif": "gtc", **more})
    front.world.sent.take_submitted()
    return customer, order


def decide(
    front: Front,
    operator: Customer,
    verb: str,
    order: Order,
    body: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
) -> Answer:
    return front.call(
        f"operations.{verb}",
        operator,
        path={"order_id": order.order_id},
        body={"reason": WHY, **(body or {})},
        headers={"Idempotency-Key": key} if key else None,
    )


def on_record(front: Front) -> list[tuple[str, str | None]]:
    return front.world.sql(
        "SELECT action, detail ->> 'reason' FROM admin_actions ORDER BY action_id"
    )


def listed(front: Front, operator: Customer, state: str) -> list[tuple[str, str | None]]:
    answer = front.call("operations.list_troubled_orders", operator, query={"state": state})
    assert answer.status == 200, answer.text
    return [
        (each["order"]["order_id"], each["recovery"] and each["recovery"]["state"])
        for each in answer.body["orders"]
    ]


def test_an_order_that_nobody_brings_back_is_listed_once_it_is_silent(
    front: Front, operator: Customer, runs: HeldRuns
):
    _, order = submitted(front)
    front.world.pass_time(300)
    assert listed(front, operator, "stuck") == []
    front.world.pass_time(1)
    assert listed(front, operator, "stuck") == [(order.order_id, None)]
    assert listed(front, operator, "manual") == []
    assert on_record(front) == [("list_troubled_orders", None)] * 3


def test_a_queued_order_that_was_not_released_in_its_session_is_listed(
    front: Front, operator: Customer, runs: HeldRuns
):
    world = front.world
    customer = world.customer("1000")
    world.market(CLOSED)
    world.quote("AAPL", "99.98", "100")
    order = world.submit(customer, "buy", "2", tif="gtc")
    assert world.process().failed == []
    world.pass_time(3_600)
    assert listed(front, operator, "stuck") == []
    world.market(world.clock.now().replace(year=2012, month=6, day=4, hour=15))
    assert listed(front, operator, "stuck") == [(order.order_id, None)]


async def test_the_lists_and_the_executions_show_the_ladder(front: Front, operator: Customer):
    ladder = Ladder(front.world)
    customer, order = submitted(front)
    ladder.venue.refused.add(order.order_id)
    ladder.give_up(order)
    await ladder.pass_time(300)
    assert listed(front, operator, "stuck") == [(order.order_id, "waiting")]
    await ladder.pass_time(UP - 300)
    assert listed(front, operator, "manual") == [(order.order_id, "manual")]

    query = {"order_id": order.order_id}
    shown = front.call("operations.list_machine_runs", operator, query=query)
    [run] = shown.body["executions"]
    assert (run["name"], run["status"]) == (f"{order.order_id}-1", "RUNNING")

    assert decide(front, operator, "reject_order", order).status == 202
    await ladder.pass_time(0)
    shown = front.call("operations.list_machine_runs", operator, query=query)
    assert shown.body["executions"][0]["status"] == "SUCCEEDED"
    assert listed(front, operator, "manual") == []
    assert front.world.balance(customer) == Balance(D(1000), D(0), D(0))


async def test_a_person_has_an_order_of_the_list_tried_again(front: Front, operator: Customer):
    ladder = Ladder(front.world)
    customer, order = submitted(front)
    ladder.venue.refused.add(order.order_id)
    ladder.give_up(order)
    await ladder.pass_time(UP)
    ladder.venue.refused.clear()
    front.world.market(front.world.clock.now().replace(year=2012, month=6, day=4, hour=15))
    front.world.quote("AAPL", "99.98", "100")
    assert decide(front, operator, "reprocess_order", order).status == 202
    await ladder.pass_time(0)
    assert front.world.order(customer, order).state is State.FILLED
    assert on_record(front) == [("reprocess_order", WHY)]


def test_without_a_machine_that_waits_the_order_is_sent_on_its_way_again(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer, order = submitted(front)
    answer = decide(front, operator, "reprocess_order", order)
    assert (answer.status, answer.body["state"]) == (202, "pending_new")
    assert front.world.process().failed == []
    assert front.world.order(customer, order).state is State.FILLED
    assert runs.answered == []

    front.world.sent.up = False
    _, other = submitted(front)
    front.world.sent.up = False
    assert decide(front, operator, "reprocess_order", other).status == 503


def test_a_fill_by_hand_moves_money_and_shares_as_every_fill(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer, order = submitted(front)
    answer = decide(front, operator, "fill_order", order, {"quantity": "2", "price": "101.50"})
    assert answer.status == 202, answer.text
    assert answer.body == {
        "order_id": order.order_id,
        "status": "EXECUTED",
        "state": "filled",
        "filled_quantity": "2",
    }
    assert front.world.balance(customer) == Balance(D(797), D(0), D(0))
    assert front.world.position(customer).quantity == 2
    steps = front.world.hub.orders.timeline(order.order_id)
    assert [step.type for step in steps] == [
        "OrderSubmitted",
        "OperatorDecided",
        "OrderEntered",
        "OrderExecuted",
    ]
    assert steps[1].detail == {"decision": "fill", "reason": WHY}
    assert on_record(front) == [("fill_order", WHY)]
    links = front.world.sql(
        "SELECT payload::json ->> 'actor' FROM audit_events"
        " WHERE account_id = %s ORDER BY sequence DESC LIMIT 1",
        customer.account_id,
    )
    assert links == [(operator.customer_id,)]


def test_a_fill_in_parts_keeps_the_rest_reserved_and_each_key_fills_once(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer, order = submitted(front)
    part = {"quantity": "1.5", "price": "100"}
    for _ in range(2):
        answer = decide(front, operator, "fill_order", order, part, key="a")
        assert (answer.status, answer.body["filled_quantity"]) == (202, "1.5")
    assert front.world.balance(customer) == Balance(D(850), D(0), D(52))
    too_much = decide(front, operator, "fill_order", order, part, key="b")
    assert (too_much.status, too_much.body["code"]) == (422, "fill_refused")
    assert too_much.faults == {("quantity", "open_quantity")}
    rest = {"quantity": "0.5", "price": "100"}
    assert decide(front, operator, "fill_order", order, rest, key="b").body["state"] == "filled"
    assert front.world.balance(customer) == Balance(D(800), D(0), D(0))
    again = decide(front, operator, "fill_order", order, rest, key="b")
    assert (again.status, again.body["state"]) == (202, "filled")
    assert front.world.position(customer).quantity == 2


def test_a_sale_filled_by_hand_takes_the_reserved_shares_and_owes_its_settlement(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer = front.world.customer()
    front.world.give(customer, "5", "100")
    order = front.world.submit(customer, "sell", "3", limit="99")
    front.world.sent.take_submitted()
    fill = {"quantity": "3", "price": "99"}
    assert decide(front, operator, "fill_order", order, fill).status == 202
    assert front.world.balance(customer) == Balance(D(0), D(297), D(0))
    position = front.world.position(customer)
    assert (position.quantity, position.reserved) == (D(2), D(0))


@pytest.mark.parametrize(
    ("more", "fill", "status", "code"),
    [
        ({"limit": "100"}, {"quantity": "2", "price": "100.01"}, 422, "fill_refused"),
        ({}, {"quantity": "2", "price": "500.01"}, 403, "insufficient_buying_power"),
        ({}, {"quantity": "2.000000001", "price": "100"}, 422, "fill_refused"),
    ],
)
def test_a_fill_that_breaks_a_rule_changes_nothing_but_the_record(
    *,
    front: Front,
    operator: Customer,
    runs: HeldRuns,
    more: dict[str, Any],
    fill: dict[str, str],
    status: int,
    code: str,
):
    customer, order = submitted(front, **more)
    before = front.world.contents()
    answer = decide(front, operator, "fill_order", order, fill)
    assert (answer.status, answer.body["code"]) == (status, code)
    after = front.world.contents()
    assert {name for name in after if after[name] != before[name]} == {"admin_actions"}
    assert front.world.order(customer, order).state is State.PENDING_NEW


def test_the_entry_of_a_bracket_filled_by_hand_brings_its_exits_to_life(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer, order = submitted(
        front,
        order_class=OrderClass.BRACKET,
        take_profit=TakeProfit(D(110)),
        stop_loss=StopLoss(D(90)),
    )
    fill = {"quantity": "2", "price": "100"}
    assert decide(front, operator, "fill_order", order, fill).status == 202
    legs = front.world.legs(customer, order)
    assert [legs[leg].state for leg in Leg] == [State.FILLED, State.NEW, State.NEW]
    assert front.world.position(customer).reserved == 2


@pytest.mark.parametrize(
    ("verb", "state", "code"),
    [("cancel_stuck_order", "canceled", None), ("reject_order", "rejected", "operator")],
)
def test_an_order_ended_by_hand_frees_all_that_it_reserved(
    *,
    front: Front,
    operator: Customer,
    runs: HeldRuns,
    verb: str,
    state: str,
    code: str | None,
):
    customer, order = submitted(front)
    answer = decide(front, operator, verb, order)
    assert (answer.status, answer.body["state"]) == (202, state)
    assert front.world.balance(customer) == Balance(D(1000), D(0), D(0))
    assert front.world.order(customer, order).reason_code == code
    again = decide(front, operator, verb, order)
    assert (again.status, again.body["code"]) == (422, "order_not_open")
    assert again.body["state"] == state
    # The attempt is on record as well.
    assert [reason for _, reason in on_record(front)] == [WHY, WHY]


def test_what_is_filled_in_part_is_canceled_where_it_cannot_be_rejected(
    front: Front, operator: Customer, runs: HeldRuns
):
    customer, order = submitted(front)
    decide(front, operator, "fill_order", order, {"quantity": "1", "price": "100"})
    assert decide(front, operator, "reject_order", order).body["state"] == "canceled"
    assert front.world.balance(customer) == Balance(D(900), D(0), D(0))
    assert front.world.order(customer, order).reason == WHY


def test_a_machine_that_cannot_be_told_does_not_undo_what_was_decided(
    front: Front, operator: Customer, runs: HeldRuns, monkeypatch: pytest.MonkeyPatch
):
    customer, order = submitted(front)

    def fail(*_: object) -> bool:
        raise UnavailableError("states does not answer")

    monkeypatch.setattr(runs, "answer", fail)
    front.world.sql(
        "INSERT INTO order_recoveries VALUES (%s, %s, 1, 'manual', 4, 'x', '{}', NULL, 'AQ',"
        " now(), now())",
        order.order_id,
        order.account_id,
    )
    assert decide(front, operator, "reject_order", order).status == 202
    assert front.world.order(customer, order).state is State.REJECTED
    assert front.world.sql("SELECT state FROM order_recoveries") == [("over",)]


@pytest.mark.parametrize(
    "verb", ["reprocess_order", "cancel_stuck_order", "fill_order", "reject_order"]
)
def test_a_decision_needs_a_reason_and_an_order(front: Front, operator: Customer, verb: str):
    fill = {"quantity": "1", "price": "1"} if verb == "fill_order" else {}
    path = {"order_id": "01900000-0000-7000-8000-00000000dead"}
    for reason in ("", " ", "x" * 501):
        body = {"reason": reason, **fill}
        answer = front.call(f"operations.{verb}", operator, path=path, body=body)
        assert answer.status == 400
        assert {field for field, _ in answer.faults} == {"reason"}
    body = {"reason": WHY, **fill}
    assert front.call(f"operations.{verb}", operator, path=path, body=body).status == 404
    assert on_record(front) == []


def test_the_queues_are_shown_and_dead_letters_go_back(
    front: Front, operator: Customer, queues: HeldQueues
):
    shown = front.call("operations.list_queues", operator).body["queues"]
    assert shown[0] == {
        "name": "orders-submitted",
        "waiting": 3,
        "in_flight": 1,
        "delayed": 0,
        "oldest": None,
        "dead_letters": "orders-dlq",
    }
    assert [each["oldest"] for each in shown[1:3]] == [90, 0]

    def redrive(name: str) -> Answer:
        return front.call(
            "operations.redrive_queue", operator, path={"name": name}, body={"reason": WHY}
        )

    answer = redrive("orders-dlq")
    assert (answer.status, answer.body) == (202, {"name": "orders-dlq", "messages": 2})
    assert queues.redriven == ["orders-dlq"]
    assert (redrive("nothing").status, redrive("schedules-dlq").status) == (404, 422)
    queues.under_way = True
    assert redrive("orders-dlq").status == 409
    assert on_record(front)[1:] == [("redrive_queue", WHY)] * 2


def test_detailed_health_tells_latencies_and_lags(
    front: Front, operator: Customer, queues: HeldQueues
):
    front.world.sent.up = False
    submitted(front)
    front.world.clock.advance(30)
    health = front.call("operations.get_detailed_health", operator)
    assert health.status == 200
    names = [each["name"] for each in health.body["dependencies"]]
    assert names == ["database", "redis", "market_data", "queues"]
    assert all(each["milliseconds"] >= 0 for each in health.body["dependencies"])
    assert health.body["status"] == "ok"
    assert health.body["market_data_age"] == 30
    assert health.body["outbox_lag"] == health.body["oldest_undecided_order"] == 30
    assert health.body["outbox_messages"] > 0
    front.world.clock.advance(31)
    assert front.call("operations.get_detailed_health", operator).body["status"] == "degraded"


def test_without_the_database_detailed_health_says_what_it_can(front: Front, queues: HeldQueues):
    hub = front.world.another_hub()
    hub.queues = queues
    hub.settings = hub.settings._replace(database_url="postgresql://hub_app@127.0.0.1:1/none")
    health = hub.get_detailed_health()
    assert health.status == "unavailable"
    assert (health.probes[0].name, health.probes[0].healthy) == ("database", False)


def test_an_action_that_is_recorded_again_since_the_answer_was_lost_is_on_record_once(
    front: Front, operator: Customer
):
    world = front.world
    action = AdminAction(
        world.ids.new(), operator.customer_id, "cancel_order", {}, "t", world.clock.now()
    )
    for _ in range(2):
        world.hub.admin_record.actions.record(action)
    assert world.sql("SELECT count(*) FROM admin_actions") == [(1,)]


def test_a_fill_by_hand_is_one_fill_though_the_market_filled_more_before_it_was_asked_again(
    front: Front, operator: Customer, runs: HeldRuns
):
    world = front.world
    customer, order = submitted(front, limit="100")
    fill = {"quantity": "0.5", "price": "99"}
    assert decide(front, operator, "fill_order", order, fill, key="by-telephone").status == 202
    assert world.tick("99.98", "100", size="1") == 1
    assert world.order(customer, order).filled_quantity == D("1.5")

    assert decide(front, operator, "fill_order", order, fill, key="by-telephone").status == 202

    assert world.order(customer, order).filled_quantity == D("1.5")
