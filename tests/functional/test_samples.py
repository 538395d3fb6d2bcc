"""Every sample event, given to its handler in the world that the samples speak of: it is served."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub.adapters.tokens import RsaTokens, signing_key_from
from hub.application.books import Cause, audit_payload
from hub.application.orders.process_submitted import ProcessSubmitted
from hub.application.ports.identity import Customer as Person
from hub.application.ports.identity import NewApiKey, NewCustomer, NewOneTimeToken, NewSession
from hub.domain.identity.api_keys import KeyScope
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import token_hash
from hub.domain.kernel import AccountId, CustomerId
from local.keys import token_keys
from tests.architecture.project import Function, functions
from tests.fixtures.worlds import TRACE, Customer, World, order_command

CUSTOMER = CustomerId("01900000-0000-7000-8000-000000000001")
ACCOUNT = AccountId("01900000-0000-7000-8000-000000000002")
ORDER = "01900000-0000-7000-8000-000000000003"
SESSION = "01900000-0000-7000-8000-000000000005"
OTHER_SESSION = "01900000-0000-7000-8000-000000000006"
KEY = "01900000-0000-7000-8000-000000000007"
RESETTING_TOKEN = "a-sampled-one-time-token-of-43-characters-0"
VERIFYING_TOKEN = "a-sampled-one-time-token-of-43-characters-1"
REFRESH_TOKEN = "a-sampled-refresh-token-of-43-characters-00"
LONG = timedelta(days=10_000)
CONTEXT = SimpleNamespace(aws_request_id=TRACE, function_name="sample")

HTTP = [each for each in functions() if each.events("Api")]
JOBS = [each for each in functions() if each.stem.startswith("job_")]


class FirstIds:
    """The ids that the samples know, then the world's."""

    def __init__(self, first: str, then: Any) -> None:
        self._ids = iter([first])
        self._then = then

    def new(self) -> str:
        return next(self._ids, None) or str(self._then.new())


class WorldsWorkflow:
    """ProcessOrder without its machine: the same use cases, one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world

    def process(self, orders: Sequence[Any], _trace_id: str) -> Sequence[str]:
        return self._world.execute(list(orders)).failed


@pytest.fixture
def sampled(world: World, tmp_path: Path) -> World:
    """The customer, the account and the order of the samples exist, and their log-in works."""
    keys = token_keys(tmp_path / "keys.json")
    signing = signing_key_from(keys.signing)
    tokens = RsaTokens(json.loads(keys.verifying), lambda: signing)
    world.hub.tokens = tokens
    world.hub.process_submitted = ProcessSubmitted(WorldsWorkflow(world))
    cause = Cause(CUSTOMER, "registered", world.clock.now())
    person = Person(CUSTOMER, "sample@example.com", "Sample", world.hub.passwords.hash("sample"))
    new = NewCustomer(person, ACCOUNT, cause, audit_payload(cause, {}))
    world.hub.customers.register(new)
    customer = Customer(CUSTOMER, ACCOUNT)
    now = world.clock.now()
    for session, token in ((SESSION, "another"), (OTHER_SESSION, REFRESH_TOKEN)):
        world.hub.sessions.open(
            NewSession(session, CUSTOMER, token_hash(token), "", "", now, now + LONG)
        )
    world.deposit(customer, "1000000")
    key = NewApiKey(KEY, CUSTOMER, ACCOUNT, "robot", KeyScope.READ, b"hash", now, now + LONG)
    world.hub.api_keys.create(key, 1)
    for purpose, token in zip(Purpose, (VERIFYING_TOKEN, RESETTING_TOKEN), strict=True):
        given = NewOneTimeToken("sample@example.com", purpose, token_hash(token), now, now + LONG)
        assert world.hub.one_time_tokens.create(given)
    world.quote("AAPL", "569.10", "569.30")
    ordering = world.another_hub()
    ordering.ids = FirstIds(ORDER, world.ids)
    ordering.submit_order(order_command(customer, "buy", "1", limit="400"))
    return world


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

    answer = function.module.handler(event, CONTEXT)

    assert answer["statusCode"] in {200, 201, 202}, answer["body"]


def test_the_sampled_message_is_processed(sampled: World):
    function = next(each for each in functions() if each.stem == "on_order_submitted")

    assert function.module.handler(sample(function), CONTEXT) == {"batchItemFailures": []}

    assert sampled.sql("SELECT state FROM orders WHERE order_id = %s", ORDER) == [("new",)]


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
    # The cache is always filled; of the rest nothing is due.
    expected = {"done": 20} if function.stem == "job_warm_cache" else {"done": 0}

    assert function.module.handler(sample(function), CONTEXT) == expected


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
