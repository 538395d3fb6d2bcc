"""The same queues and rules in two worlds that plain boto3 talks to: the local twins and moto."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import boto3
from botocore.config import Config
from moto import mock_aws

from local.bus import Bus, EventsTwin, Rule, Target
from local.clock import WallClock
from local.endpoint import Endpoint
from local.queues.message import Draft, QueueSpec
from local.queues.queues import Queues
from local.queues.twin import SqsTwin

T = TypeVar("T")
REGION = "us-east-1"


class World(NamedTuple):
    sqs: Any
    events: Any

    def url(self, name: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def bodies(self, name: str, **options: Any) -> list[str]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url(name), **{"MaxNumberOfMessages": 10} | options
        )
        return [message["Body"] for message in answer.get("Messages", [])]


class Wiring(NamedTuple):
    """Queues, and rules: name -> (event pattern, name of the queue that gets the event)."""

    queues: Sequence[QueueSpec]
    rules: Mapping[str, tuple[Mapping[str, Any], str]] = {}


@contextmanager
def local_world(wiring: Wiring, directory: Path) -> Iterator[World]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def call(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    parts = call(_start(wiring, directory))
    with ExitStack() as stack:
        yield _clients(stack, parts[0].url)
    call(_stop(*parts))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def moto_world(wiring: Wiring, directory: Path) -> Iterator[World]:
    with mock_aws(), ExitStack() as stack:
        world = _clients(stack, None)
        arns: dict[str, str] = {}
        for spec in sorted(wiring.queues, key=lambda spec: spec.dead_letter is not None):
            attributes = _attributes(spec, arns)
            url = world.sqs.create_queue(QueueName=spec.name, Attributes=attributes)["QueueUrl"]
            answer = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            arns[spec.name] = answer["Attributes"]["QueueArn"]
        for name, (pattern, queue) in wiring.rules.items():
            world.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
            world.events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arns[queue]}])
        yield world


WORLDS = [local_world, moto_world]


def _attributes(spec: QueueSpec, arns: Mapping[str, str]) -> dict[str, str]:
    attributes = {
        "VisibilityTimeout": str(int(spec.visibility)),
        "DelaySeconds": str(int(spec.delay)),
        "MessageRetentionPeriod": str(int(spec.retention)),
    }
    if spec.dead_letter is not None:
        policy = {
            "deadLetterTargetArn": arns[spec.dead_letter],
            "maxReceiveCount": spec.max_receives,
        }
        attributes["RedrivePolicy"] = json.dumps(policy)
    return attributes


def _clients(stack: ExitStack, endpoint: str | None) -> World:
    def client(service: str) -> Any:
        make: Any = boto3.client  # its overloads want the service as a literal
        made = make(
            service,
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        return stack.enter_context(closing(made))

    return World(client("sqs"), client("events"))


async def _start(wiring: Wiring, directory: Path) -> tuple[Endpoint, Queues, Bus]:
    clock = WallClock()
    queues = Queues(wiring.queues, file=directory / "queues.sqlite", clock=clock)

    def rule(name: str, pattern: Mapping[str, Any], queue: str) -> Rule:
        async def deliver(event: dict[str, Any]) -> None:
            await queues.send(queue, Draft(json.dumps(event)))

        return Rule(name, pattern, [Target("queue", deliver)])

    rules = [rule(name, *what) for name, what in wiring.rules.items()]
    bus = Bus(rules, file=directory / "bus.sqlite", clock=clock)
    endpoint = Endpoint({"AmazonSQS": SqsTwin(queues, clock), "AWSEvents": EventsTwin(bus)})
    await endpoint.start()
    return endpoint, queues, bus


async def _stop(endpoint: Endpoint, queues: Queues, bus: Bus) -> None:
    await endpoint.stop()
    await bus.close()
    queues.close()
