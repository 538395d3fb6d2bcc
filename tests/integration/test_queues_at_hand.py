"""What administrators see of the queues and do to them, over the SQS API of the local runtime."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from hub.adapters.aws.queue_ages import CloudWatchQueueAges
from hub.adapters.aws.queues import SqsQueues, SqsRedrives
from hub.adapters.aws.redeliveries import SqsRedeliveries
from hub.adapters.aws.signed import AwsError
from hub.application.ports.messages import Failed
from hub.application.ports.operations import QueueState
from hub.domain.kernel import ConflictError
from local.clock import VirtualClock
from local.metrics import Metrics
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues
from local.queues.twin import SqsTwin
from tests.fixtures.ladders import AtOnce

START = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


class Hand:
    """A queue whose messages are given up after one delivery, and what is done to it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        specs = [QueueSpec("q", visibility=60, dead_letter="dlq", max_receives=1), QueueSpec("dlq")]
        self.queues = Queues(specs, file=None, clock=self.clock)
        sqs: Any = AtOnce(SqsTwin(self.queues, self.clock))
        urls = {"work": self.queues.url("q"), "dead": self.queues.url("dlq")}
        self.state = SqsQueues(sqs, urls).state
        self.redrive = SqsRedrives(sqs, urls).start
        metrics: Any = AtOnce(Metrics(self.queues))
        self.oldest = CloudWatchQueueAges(metrics, urls, self.clock).oldest
        self.hide = SqsRedeliveries(sqs, list(urls.values())).hide

    async def send(self, count: int) -> None:
        await self.queues.send_batch("q", [Draft(str(each)) for each in range(count)])

    async def bury_all(self) -> None:
        while await self.queues.receive("q", limit=10, visibility=0):
            pass


@pytest.fixture
async def hand() -> AsyncIterator[Hand]:
    hand = Hand()
    yield hand
    hand.queues.close()


async def test_depths_are_shown_with_the_queue_behind_each(hand: Hand):
    await hand.send(3)
    await hand.queues.receive("q", limit=1)
    assert list(hand.state()) == [
        QueueState("work", 2, 1, 0, "dead"),
        QueueState("dead", 0, 0, 0, None),
    ]


async def test_how_long_the_oldest_message_is_there_is_told(hand: Hand):
    assert hand.oldest() == {"work": timedelta(0), "dead": timedelta(0)}
    await hand.send(1)
    await hand.clock.advance(90)
    await hand.send(2)
    assert hand.oldest() == {"work": timedelta(seconds=90), "dead": timedelta(0)}
    await hand.bury_all()
    await hand.clock.advance(10)
    assert hand.oldest() == {"work": timedelta(0), "dead": timedelta(seconds=100)}


async def test_what_is_asked_of_cloudwatch_is_what_it_takes_and_its_answer_is_read(hand: Hand):
    """By the model of the service that AWS publishes, and an answer of CloudWatch's own."""
    asked: list[dict[str, Any]] = []

    class Recorded:
        def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
            asked.append(body)
            assert action == "GetMetricData"
            return {
                "MetricDataResults": [
                    {"Id": "q0", "Timestamps": [2.0, 1.0], "Values": [7.0, 61.0]},
                    {"Id": "q1", "Timestamps": [], "Values": []},
                ]
            }

    urls = {"work": hand.queues.url("q"), "dead": hand.queues.url("dlq")}
    recorded: Any = Recorded()
    ages = CloudWatchQueueAges(recorded, urls, hand.clock).oldest()
    assert ages == {"work": timedelta(seconds=7)}, "the newest figure; none where none was told"
    model = get_session().get_service_model("cloudwatch").operation_model("GetMetricData")
    assert model.input_shape is not None
    assert ParamValidator().validate(asked[0], model.input_shape).generate_report() == ""


async def test_dead_letters_go_back_to_where_they_came_from(hand: Hand):
    await hand.send(3)
    await hand.bury_all()
    assert [each.waiting for each in hand.state()] == [0, 3]
    hand.redrive("dead")
    with pytest.raises(ConflictError):
        hand.redrive("dead")
    await hand.clock.advance(1)
    assert [each.waiting for each in hand.state()] == [3, 0]


async def test_a_queue_that_nobody_gives_up_to_is_not_redriven(hand: Hand):
    with pytest.raises(AwsError):
        hand.redrive("work")


async def test_a_failed_message_is_there_again_when_its_time_has_come(hand: Hand):
    await hand.send(1)
    (received,) = await hand.queues.receive("q")
    hand.hide(Failed("q", received.receipt, 1), 5)
    assert [each.in_flight for each in hand.state()] == [1, 0]
    await hand.clock.advance(5)
    assert [each.waiting for each in hand.state()] == [1, 0]
