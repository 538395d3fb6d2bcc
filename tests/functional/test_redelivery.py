"""A message whose order failed is hidden for as long as its deliveries say, and no other."""

import json
from typing import Any

import pytest

from functions.orders import on_order_submitted
from hub.adapters.aws.redeliveries import SqsRedeliveries
from hub.adapters.aws.signed import AwsError
from hub.application.orders.postpone_failed import PostponeFailed
from hub.application.orders.process_submitted import ProcessSubmitted
from hub.domain.kernel import UnavailableError
from tests.fixtures.ladders import Context
from tests.fixtures.worlds import World

QUEUE = "hub-dev-orders-submitted"
URL = f"https://sqs.us-east-1.amazonaws.com/000000000000/{QUEUE}"


class Sqs:
    """Notes each call; refuses while `up` is False."""

    def __init__(self) -> None:
        self.up = True
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if not self.up:
            raise AwsError("ServiceUnavailable", "not now")
        self.calls.append((action, body))
        return {}


class Workflow:
    def __init__(self, failing: set[str]) -> None:
        self.failing = failing
        self.up = True

    def process(self, orders: Any, _trace_id: str) -> list[str]:
        if not self.up:
            raise UnavailableError("states does not answer")
        return [each["order_id"] for each in orders if each["order_id"] in self.failing]


@pytest.fixture
def sqs(shared_world: World) -> Sqs:
    sqs = Sqs()
    given: Any = sqs
    shared_world.hub.postpone_failed = PostponeFailed(SqsRedeliveries(given, [URL]))
    return sqs


def working(world: World, *failing: str) -> Workflow:
    workflow = Workflow(set(failing))
    world.hub.process_submitted = ProcessSubmitted(workflow)
    return workflow


def batch(*deliveries: int, garbage: bool = False) -> dict[str, Any]:
    """Orders o0, o1 and so on, delivered so often by now."""
    body = {"version": 1, "account_id": "a", "symbol": "AAPL"}
    return {
        "Records": [
            {
                "messageId": f"m{place}",
                "receiptHandle": f"r{place}",
                "body": "garbage" if garbage else json.dumps({**body, "order_id": f"o{place}"}),
                "attributes": {"ApproximateReceiveCount": str(times)},
                "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{QUEUE}",
            }
            for place, times in enumerate(deliveries)
        ]
    }


def handled(event: dict[str, Any]) -> list[str]:
    answer = on_order_submitted.handler(event, Context)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def hidden(sqs: Sqs) -> dict[str, int]:
    assert {(action, body["QueueUrl"]) for action, body in sqs.calls} <= {
        ("ChangeMessageVisibility", URL)
    }
    return {body["ReceiptHandle"]: body["VisibilityTimeout"] for _, body in sqs.calls}


def test_what_failed_is_hidden_by_its_number_of_deliveries(shared_world: World, sqs: Sqs):
    working(shared_world, "o1", "o2", "o3")
    assert handled(batch(1, 1, 3, 5)) == ["m1", "m2", "m3"]
    assert hidden(sqs) == {"r1": 5, "r2": 60, "r3": 0}


def test_where_nothing_failed_nothing_is_asked_of_the_queue(shared_world: World, sqs: Sqs):
    working(shared_world)
    assert handled(batch(1, 2)) == []
    assert sqs.calls == []


def test_a_batch_that_failed_whole_and_what_cannot_be_read_are_postponed_too(
    shared_world: World, sqs: Sqs
):
    working(shared_world).up = False
    assert handled(batch(2)) == ["m0"]
    assert handled(batch(4, garbage=True)) == ["m0"]
    assert [body["VisibilityTimeout"] for _, body in sqs.calls] == [15, 120]


def test_where_the_queue_does_not_answer_the_failure_is_reported_all_the_same(
    shared_world: World, sqs: Sqs
):
    working(shared_world, "o0")
    sqs.up = False
    assert handled(batch(1)) == ["m0"]
