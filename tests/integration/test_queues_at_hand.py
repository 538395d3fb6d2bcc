"""What administrators see of the queues and do to them, over the SQS API of the local runtime."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.adapters.aws.queues import SqsQueues, SqsRedrives
from hub.adapters.aws.redeliveries import SqsRedeliveries
from hub.adapters.aws.signed import AwsError
from hub.application.ports.messages import Failed
from hub.application.ports.operations import QueueState
from hub.domain.kernel import ConflictError
from local.clock import VirtualClock
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
