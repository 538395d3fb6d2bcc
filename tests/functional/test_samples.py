"""Every sample event, given to its handler in the world that the samples speak of: it is served."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.architecture.project import Function, functions
from tests.fixtures.documented import check_documented
from tests.fixtures.samples import ACCOUNT, CUSTOMER, ORDER, bring_to_life
from tests.fixtures.worlds import TRACE, Customer, World

CONTEXT = SimpleNamespace(aws_request_id=TRACE, function_name="sample")

HTTP = [each for each in functions() if each.events("Api")]
JOBS = [each for each in functions() if each.stem.startswith("job_")]


def sample(function: Function) -> Any:
    return json.loads(function.sample.read_text(encoding="utf-8"))


@pytest.mark.parametrize("function", HTTP, ids=lambda each: each.name)
def test_a_sampled_request_is_served(function: Function, sampled: World):
    event = sample(function)
    if function.stem == "login":
        body = json.loads(event["body"])
        registration = {**body, "name": "Sample"}
        register = next(each for each in functions() if each.stem == "register")
        made = register.module.handler({**sample(register), "body": json.dumps(registration)}, None)
        assert made["statusCode"] == 201

    bring_to_life(function.stem, sampled)
    answer = function.module.handler(event, CONTEXT)

    assert answer["statusCode"] in {200, 201, 202}, answer["body"]
    assert function.route is not None
    check_documented(function.route, answer)


def test_the_sampled_message_is_processed(sampled: World):
    function = next(each for each in functions() if each.stem == "on_order_submitted")

    assert function.module.handler(sample(function), CONTEXT) == {"batchItemFailures": []}

    assert sampled.sql("SELECT state FROM orders WHERE order_id = %s", ORDER) == [("new",)]


def test_the_sampled_dead_letter_begins_a_recovery_whose_steps_take_their_samples(sampled: World):
    steps = {each.stem: each for each in functions()}

    undelivered = steps["on_order_undelivered"]
    assert undelivered.module.handler(sample(undelivered), CONTEXT) == {"batchItemFailures": []}
    planning = steps["step_plan_retry"]
    planned = planning.module.handler(sample(planning), CONTEXT)
    assert planned == {"next": "wait", "seconds": 300}
    asking = steps["step_ask_operator"]
    assert asking.module.handler(sample(asking), CONTEXT) == {}
    retrying = steps["step_retry_order"]
    assert retrying.module.handler(sample(retrying), CONTEXT) == {"state": "new"}

    assert sampled.sql("SELECT state, tries FROM order_recoveries") == [("over", 4)]


def test_the_sampled_request_is_a_notice_sent(sampled: World):
    function = next(each for each in functions() if each.stem == "on_notice_requested")

    assert function.module.handler(sample(function), CONTEXT) == {"batchItemFailures": []}

    assert [notice.email for notice in sampled.mail.notices] == ["sample@example.com"]


def test_the_sampled_steps_price_decide_and_announce(sampled: World):
    steps = {each.stem: each for each in functions() if each.stem.startswith("step_")}
    pricing, deciding = sample(steps["step_price_orders"]), sample(steps["step_execute_orders"])

    view = steps["step_price_orders"].module.handler(pricing, CONTEXT)
    assert view["quotes"]["AAPL"]["bid"] == "569.10"
    decided = steps["step_execute_orders"].module.handler({**deciding, "view": view}, CONTEXT)
    assert decided["failed"] == []
    announced = steps["step_announce_orders"].module.handler(decided, CONTEXT)
    assert announced == {"published": len(decided["messages"])} == {"published": 1}

    alone = steps["step_announce_orders"]
    assert alone.module.handler(sample(alone), CONTEXT) == {"published": 1}


def test_a_step_whose_quotes_are_old_by_now_lets_the_order_wait(sampled: World):
    function = next(each for each in functions() if each.stem == "step_execute_orders")

    assert function.module.handler(sample(function), CONTEXT)["failed"] == []

    assert sampled.sql("SELECT state FROM orders WHERE order_id = %s", ORDER) == [("accepted",)]


@pytest.mark.parametrize("function", JOBS, ids=lambda each: each.name)
def test_a_sampled_schedule_wakes_its_job(function: Function, sampled: World):
    # The cache is always filled, and a new chain has no anchor yet; of the rest nothing is due.
    told = {"job_send_notifications": 1}  # that a key was made
    expected = {"job_warm_cache": 20, "job_anchor_chains": 1, **told}.get(function.stem, 0)

    assert function.module.handler(sample(function), CONTEXT) == {"done": expected}


def test_the_sampled_steps_find_settle_and_finish(sampled: World):
    steps = {each.stem: each for each in functions() if each.stem.startswith("step_")}
    customer = Customer(CUSTOMER, ACCOUNT)
    sampled.submit(customer, "sell", "2")
    sampled.process()
    find, settle, finish = (
        steps[f"step_{each}"]
        for each in ("find_due_accounts", "settle_accounts", "finish_settlement")
    )

    found = find.module.handler(sample(find), CONTEXT)
    assert found == {"ranges": [sample(settle)["range"]]}
    settled = settle.module.handler(sample(settle), CONTEXT)
    [page] = sample(finish)["results"]
    assert settled == {
        "settled": page["settled"],
        "amount": page["amounts"][0],
        "failed": page["failed"],
        "next": None,
    }
    ended = {"left": [], "settled": 1, "amount": page["amounts"][0]}
    assert finish.module.handler(sample(finish), CONTEXT) == ended


def test_the_sampled_token_is_refused_and_a_real_one_let_in(sampled: World):
    function = next(each for each in functions() if each.stem == "authorize")
    event = sample(function)
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        function.module.handler(event, CONTEXT)

    token = sampled.hub.tokens.issue(CUSTOMER, ORDER, "customer", datetime.now(UTC))
    event["authorizationToken"] = f"Bearer {token}"
    policy = function.module.handler(event, CONTEXT)
    assert policy["context"]["sub"] == CUSTOMER


def test_the_sampled_deployment_brings_the_newest_revision(sampled: World):
    function = next(each for each in functions() if each.stem == "migrate")
    sampled.hub.settings = sampled.hub.settings._replace(migration_database_url=sampled.urls.owner)

    assert function.module.handler(sample(function), CONTEXT) == {"revision": "0002"}
