"""The whole runtime from one template: HTTP to function to queue, bus, state machine and back."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.clock import VirtualClock
from local.runtime import Runtime
from local.template import TemplateError
from tests.local.waiting import until

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters: {Where: {Type: String}}
Globals:
  Function:
    Runtime: python3.13
    CodeUri: code
    Timeout: 10
    Environment:
      Variables:
        WHERE: !Ref Where
        ORDERS: !Ref Orders
        BUS: !Ref Bus
        MACHINE: !Ref Process
        AWS_ENDPOINT_URL: ""
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: hub}}
  Key: {Type: AWS::SecretsManager::Secret, Properties: {Name: key}}
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersDlq.Arn, maxReceiveCount: 2}
  OrdersDlq: {Type: AWS::SQS::Queue}
  Copies: {Type: AWS::SQS::Queue}
  Submit:
    Type: AWS::Serverless::Function
    Properties:
      Handler: submit.handler
      Events: {Post: {Type: Api, Properties: {Path: /orders, Method: post}}}
  OnOrder:
    Type: AWS::Serverless::Function
    Properties:
      Handler: on_order.handler
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Orders.Arn
            FunctionResponseTypes: [ReportBatchItemFailures]
  Price: {Type: AWS::Serverless::Function, Properties: {Handler: price.handler}}
  OnFilled:
    Type: AWS::Serverless::Function
    Properties:
      Handler: note.handler
      Events:
        Filled:
          Type: EventBridgeRule
          Properties: {EventBusName: !Ref Bus, Pattern: {detail-type: [Filled]}}
        Close:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 16 * * ? *)
            ScheduleExpressionTimezone: America/New_York
            GroupName: market
            Input: '{"closed at": "<aws.scheduler.scheduled-time>"}'
  Copy:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [hub]}
      Targets: [{Id: copies, Arn: !GetAtt Copies.Arn}]
  Process:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionUri: process.asl.json
      DefinitionSubstitutions: {Price: !GetAtt Price.Arn, Bus: !Ref Bus}
"""

PROCESS = {
    "QueryLanguage": "JSONata",
    "StartAt": "Price",
    "States": {
        "Price": {
            "Type": "Task",
            "Resource": "${Price}",
            "Catch": [{"ErrorEquals": ["UnknownSymbol"], "Next": "Refused"}],
            "Next": "Announce",
        },
        "Announce": {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {
                "Entries": [
                    {
                        "EventBusName": "${Bus}",
                        "Source": "hub",
                        "DetailType": "Filled",
                        "Detail": "{% $states.input %}",
                    }
                ]
            },
            "End": True,
        },
        "Refused": {"Type": "Fail", "Error": "UnknownSymbol"},
    },
}

NOTE = """
import json, os, pathlib
def handler(event, context):
    with open(os.environ["WHERE"] + "/notes", "a") as notes:
        notes.write(json.dumps(event.get("detail", event)) + "\\n")
"""

CODE = {
    "submit": """
import json, os
import boto3
def handler(event, context):
    key = boto3.client("secretsmanager").get_secret_value(SecretId="key")["SecretString"]
    order = {**json.loads(event["body"]), "key": key}
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=os.environ["ORDERS"], MessageBody=json.dumps(order))
    return {"statusCode": 202, "body": "{}"}
""",
    "on_order": """
import json, os
import boto3
def handler(event, context):
    failed = []
    for record in event["Records"]:
        done = boto3.client("stepfunctions").start_sync_execution(
            stateMachineArn=os.environ["MACHINE"], input=record["body"])
        if done["status"] != "SUCCEEDED":
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
""",
    "price": """
class UnknownSymbol(Exception): pass
def handler(event, context):
    if event["symbol"] == "NONE":
        raise UnknownSymbol(event["symbol"])
    return {**event, "price": "10.00"}
""",
    "note": NOTE,
}


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "code").mkdir()
        for name, source in CODE.items():
            (folder / "code" / f"{name}.py").write_text(source)
        (folder / "process.asl.json").write_text(json.dumps(PROCESS))
        (folder / "template.yaml").write_text(TEMPLATE)

    def runtime(self, state: str = "state", aws_port: int = 0, **options: Any) -> Runtime:
        return Runtime(
            self.folder / "template.yaml",
            self.folder / state,
            api_port=0,
            aws_port=aws_port,
            parameters={"Where": str(self.folder)},
            secrets={"key": "k1"},
            preload=["boto3"],
            watch=None,
            **options,
        )

    def notes(self) -> list[Any]:
        notes = self.folder / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
async def runtime(world):
    runtime = world.runtime()
    await runtime.start()
    yield runtime
    await runtime.stop()


async def submit(runtime: Runtime, symbol: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{runtime.api_url}/orders", json={"symbol": symbol}) as response,
    ):
        return response.status


async def test_an_order_goes_all_the_way(runtime, world):
    assert await submit(runtime, "AAPL") == 202
    await until(lambda: bool(world.notes()))
    assert world.notes() == [{"symbol": "AAPL", "key": "k1", "price": "10.00"}]
    await until(lambda: runtime.queues.depth("Copies").visible == 1)
    await until(lambda: runtime.queues.depth("Orders") == (0, 0, 0))


async def test_an_order_that_fails_ends_in_the_dead_letter_queue(runtime, world):
    assert await submit(runtime, "NONE") == 202
    await until(lambda: runtime.queues.depth("OrdersDlq").visible == 1)
    assert world.notes() == []


async def test_market_schedules_follow_the_market_clock(world):
    clock = VirtualClock(datetime(2026, 11, 20, 20, 59, tzinfo=UTC))
    runtime = world.runtime(market_clock=clock)
    await runtime.start()
    try:
        await asyncio.sleep(0.05)
        assert world.notes() == []
        await clock.advance(120)
        await until(lambda: bool(world.notes()))
        assert world.notes() == [{"closed at": "2026-11-20T21:00:00Z"}]
    finally:
        await runtime.stop()


async def test_messages_survive_a_restart(world):
    first = world.runtime()
    await first.start()
    await first.bus.put({"EventBusName": "hub", "Source": "hub", "DetailType": "x", "Detail": "{}"})
    await until(lambda: first.queues.depth("Copies").visible == 1)
    await first.stop()
    second = world.runtime()
    await second.start()
    assert second.queues.depth("Copies").visible == 1
    await second.stop()


async def test_a_part_that_cannot_start_stops_the_others(world, caplog):
    taken = world.runtime()
    await taken.start()
    other = world.runtime("other", int(taken.aws_url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await other.start()
    await taken.stop()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_template_that_cannot_run_is_refused_before_anything_starts(world):
    path = world.folder / "template.yaml"
    path.write_text(TEMPLATE.replace("Type: AWS::SQS::Queue", "Type: AWS::MQ::Queue", 1))
    with pytest.raises(TemplateError, match="AWS::MQ::Queue"):
        world.runtime()
