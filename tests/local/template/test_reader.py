"""The template reader: what it resolves, and what it refuses by place."""

import json
from pathlib import Path
from textwrap import dedent, indent

import pytest

from local.template import TemplateError, read_template
from local.template.model import Route, Target

APPLICATION = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
  DatabaseUrl: {Type: String, Default: ""}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition IsDev]
Globals:
  Function:
    Runtime: python3.13
    Timeout: 10
    Layers: [!Ref Common]
    Environment:
      Variables: {STAGE: !Ref Stage, DATABASE_URL: !Ref DatabaseUrl}
Resources:
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  Database:
    Type: AWS::RDS::DBInstance
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: {AllowOrigin: "'*'", AllowHeaders: "'Authorization'"}
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            FunctionArn: !GetAtt Authorize.Arn
            FunctionPayloadType: REQUEST
            Identity: {Headers: [Authorization], ReauthorizeEvery: 60}
      GatewayResponses:
        INTEGRATION_TIMEOUT:
          StatusCode: 503
          ResponseParameters: {Headers: {Retry-After: "'1'"}}
          ResponseTemplates: {application/problem+json: '{"status":503}'}
  Authorize:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: authorize.handler}
  SubmitOrder:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: submit_order.handler
      MemorySize: !If [IsProd, 1024, 256]
      ReservedConcurrentExecutions: !If [IsProd, 50, !Ref AWS::NoValue]
      Policies:
        - Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Nowhere.Arn}]
      Environment:
        Variables:
          QUEUE: !Ref Orders
          QUEUE_NAME: !Select [5, !Split [":", !GetAtt Orders.Arn]]
          SELF: !Sub "${Stage}-${Orders.Arn}-${!Kept}"
          JOINED: !Join [",", [!Ref Bus, !Ref AWS::Region]]
          DATABASE: !GetAtt Database.Endpoint.Address
          FLAG: !If [Either, yes please, no]
      Events:
        Post: {Type: Api, Properties: {Path: /orders, Method: post, RestApiId: !Ref Api}}
        Health:
          Type: Api
          Properties:
            {Path: /health, Method: get, RestApiId: !Ref Api, Auth: {Authorizer: NONE}}
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Orders.Arn
            BatchSize: 5
            MaximumBatchingWindowInSeconds: 1
            ScalingConfig: {MaximumConcurrency: 4}
            FunctionResponseTypes: [ReportBatchItemFailures]
        Nightly:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 2 * * ? *)
            ScheduleExpressionTimezone: America/New_York
            GroupName: !Ref Market
            Input: '{"job": "night"}'
        Filled:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: {detail-type: [OrderFilled]}
            DeadLetterConfig: {Arn: !GetAtt OrdersDlq.Arn}
  Market: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: market}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: !Sub "${AWS::StackName}-events"}}
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${Stage}-orders"
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersDlq.Arn, maxReceiveCount: 5}
  OrdersDlq: {Type: AWS::SQS::Queue}
  OnlyInProd: {Type: AWS::SQS::Queue, Condition: IsProd}
  ToQueue:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !GetAtt Bus.Name
      EventPattern: {source: [hub]}
      Targets:
        - {Id: q, Arn: !GetAtt Orders.Arn, SqsParameters: {MessageGroupId: g}}
        - {Id: f, Arn: !GetAtt SubmitOrder.Arn}
  ProcessOrder:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionUri: process.asl.json
      DefinitionSubstitutions: {SubmitOrderArn: !GetAtt SubmitOrder.Arn}
      Events:
        Daily: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "layer").mkdir()
    machine = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${SubmitOrderArn}"}}}
    (tmp_path / "process.asl.json").write_text(json.dumps(machine))
    return tmp_path


def read(folder: Path, text: str = APPLICATION, **values: str):
    path = folder / "template.yaml"
    path.write_text(text)
    return read_template(path, values)


def reading_one_function(folder: Path, properties: str):
    text = "Resources:\n  Report:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    base = "Runtime: python3.13\nCodeUri: code\nHandler: report.handler\n"
    return read(folder, text + indent(base + dedent(properties), "      "))


def test_globals_are_merged_into_each_function(folder):
    function = read(folder).functions["SubmitOrder"]
    assert (function.timeout, function.memory) == (10, 256)
    assert function.layers == (folder / "layer",)
    assert function.environment["STAGE"] == "dev"
    assert function.environment["QUEUE"] == "http://127.0.0.1:4566/000000000000/dev-orders"


def test_intrinsics_give_what_aws_gives(folder):
    environment = read(folder).functions["SubmitOrder"].environment
    assert environment["QUEUE_NAME"] == "dev-orders"
    assert environment["SELF"] == "dev-arn:aws:sqs:us-east-1:000000000000:dev-orders-${Kept}"
    assert environment["JOINED"] == "hub-events,us-east-1"
    assert environment["FLAG"] == "yes please"
    assert environment["DATABASE"] == ""


def test_parameters_and_cloud_only_values_can_be_given(folder):
    application = read(folder, Stage="prod", **{"Database.Endpoint.Address": "db.local"})
    function = application.functions["SubmitOrder"]
    assert (function.memory, function.max_concurrency) == (1024, 50)
    assert function.environment["DATABASE"] == "db.local"
    assert "OnlyInProd" in {queue.name for queue in application.queues}


def test_a_resource_whose_condition_fails_does_not_exist(folder):
    assert {queue.name for queue in read(folder).queues} == {"dev-orders", "OrdersDlq"}


def test_routes_take_the_default_authorizer_unless_they_say_none(folder):
    api = read(folder).api
    assert api is not None
    assert api.routes == (
        Route("POST", "/orders", "SubmitOrder", "Token"),
        Route("GET", "/health", "SubmitOrder", None),
    )
    token = api.authorizers["Token"]
    assert (token.function, token.kind, token.ttl) == ("Authorize", "REQUEST", 60)
    assert token.headers == ("Authorization",)
    assert api.responses["INTEGRATION_TIMEOUT"].status == 503
    assert api.responses["INTEGRATION_TIMEOUT"].headers == {"Retry-After": "1"}


def test_triggers_name_their_target(folder):
    application = read(folder)
    (source,) = application.event_sources
    assert (source.queue, source.function, source.batch_size) == ("dev-orders", "SubmitOrder", 5)
    assert (source.window, source.max_concurrency, source.report_failures) == (1, 4, True)
    schedules = {schedule.name: schedule for schedule in application.schedules}
    nightly = schedules["SubmitOrderNightly"]
    assert (nightly.group, nightly.timezone) == ("market", "America/New_York")
    assert nightly.target == Target("function", "SubmitOrder", {"job": "night"})
    assert schedules["ProcessOrderDaily"].target == Target("machine", "ProcessOrder")
    rules = {rule.name: rule for rule in application.rules}
    assert rules["SubmitOrderFilled"].targets[0].dead_letter == "OrdersDlq"
    assert rules["ToQueue"].bus == "hub-events"
    assert rules["ToQueue"].targets == (
        Target("queue", "dev-orders", group="g"),
        Target("function", "SubmitOrder"),
    )


def test_queues_know_their_dead_letter_queue(folder):
    orders = read(folder).queues[0]
    assert (orders.dead_letter, orders.max_receives, orders.visibility) == ("OrdersDlq", 5, 60)


def test_a_definition_has_its_substitutions(folder):
    (machine,) = read(folder).machines
    resource = machine.definition["States"]["A"]["Resource"]
    assert resource == "arn:aws:lambda:us-east-1:000000000000:function:SubmitOrder"
    assert machine.kind == "EXPRESS"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("Colour: blue", r"Report\.Colour \(line 8\): is not supported"),
        ("Timeout: soon", r"Report\.Timeout \(line 8\): 'soon' is not a number"),
        (
            "Environment:\n  Variables:\n    A: !ImportValue x",
            r"Report\.Environment\.Variables\.A \(line 10\): Fn::ImportValue is not supported",
        ),
        ("MemorySize: !Ref Nothing", r"Report\.MemorySize \(line 8\): no parameter or resource"),
        ("Layers: ['arn:aws:lambda:us-east-1:1:layer:x:1']", "is not in this template"),
        ("Events:\n  T: {Type: SNS, Properties: {Topic: t}}", "'SNS' is none of"),
        (
            "Events:\n  Q: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:::q', FilterCriteria: {}}}",
            "FilterCriteria",
        ),
        ("Timeout: 3\nTimeout: 4", r"\(line 9\): key Timeout stands twice"),
        ("Environment: {Variables: {A: '{{resolve:ssm:x}}'}}", "dynamic references"),
    ],
)
def test_what_is_not_known_is_an_error_with_its_place(folder, properties, message):
    with pytest.raises(TemplateError, match=message):
        reading_one_function(folder, properties)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Resources:\n  A: {Type: AWS::IoT::Thing}",
            r"A \(line 2\): resource type AWS::IoT::Thing",
        ),
        ("Mappings: {}\nResources: {}", r"Mappings \(line 1\): this section is not supported"),
        ("Parameters:\n  P: {Type: String}\nResources: {}", "no default"),
        ("Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}", "FifoQueue"),
        ("Resources:\n  Q: {Type: AWS::SQS::Queue, Condition: X}", "no condition X"),
    ],
)
def test_unknown_parts_of_the_template_are_refused(folder, text, message):
    with pytest.raises(TemplateError, match=message):
        read(folder, text)


def test_a_value_for_something_that_is_not_there_is_refused(folder):
    with pytest.raises(TemplateError, match="a value for no parameter"):
        read(folder, Stgae="prod")


def test_a_definition_must_use_each_substitution(folder):
    (folder / "process.asl.json").write_text("{}")
    with pytest.raises(TemplateError, match="does not use SubmitOrderArn"):
        read(folder)
