"""Every function has a sample event: what its trigger sends, fit for its handler."""

import json
from hashlib import md5
from typing import Any

import pytest

from hub.application.orders.price_orders import view_from_record
from hub.application.ports.messages import Message
from hub.entrypoints.body import read_json
from hub.entrypoints.queue import VERSION
from tests.architecture.project import ROOT, TEMPLATE, Function, functions, of_type

ALL = functions()
HTTP = [pytest.param(each, id=each.name) for each in ALL if each.events("Api")]
QUEUES = [pytest.param(each, id=each.name) for each in ALL if each.events("SQS")]
ROUTES = {
    route["FunctionArn"]["Fn::GetAtt"][0]: key
    for its in of_type("AWS::Serverless::WebSocketApi").values()
    for key, route in its["Routes"].items()
}
JOBS = [pytest.param(each, id=each.name) for each in ALL if each.events("ScheduleV2")]


def sample(function: Function) -> Any:
    return json.loads(function.sample.read_text(encoding="utf-8"))


def sample_named(name: str) -> Any:
    return sample(next(each for each in ALL if each.name == name))


def test_there_is_one_sample_for_each_function_and_none_besides():
    files = {path for path in (ROOT / "events").glob("*/*") if path.is_file()}

    assert files == {each.sample for each in ALL}


@pytest.mark.parametrize("function", HTTP)
def test_an_http_sample_asks_for_the_functions_route(function):
    event = sample(function)
    [declared] = function.events("Api")
    parameters = event["pathParameters"] or {}

    assert event["httpMethod"] == declared["Method"].upper()
    assert event["resource"] == event["requestContext"]["resourcePath"] == declared["Path"]
    assert event["path"] == declared["Path"].format(**parameters)
    assert event["requestContext"]["path"] == f"/{event['requestContext']['stage']}{event['path']}"
    assert event["multiValueHeaders"] == {key: [its] for key, its in event["headers"].items()}


@pytest.mark.parametrize("function", HTTP)
def test_an_http_sample_is_valid_for_the_handlers_parameters(function):
    event = sample(function)
    headers = {name.lower(): value for name, value in event["headers"].items()}
    given = {
        "path": event["pathParameters"] or {},
        "query": event["queryStringParameters"] or {},
    }
    places = {each.name: each.place for each in function.route.parameters}
    for parameter in function.route.parameters:
        if parameter.place == "body":
            body = read_json(event, headers["content-type"])
            assert parameter.adapter.validate_python(body) is not None
        elif parameter.place in given:
            text = given[parameter.place].get(parameter.name)
            assert text is not None or not parameter.required
            if text is not None:
                parameter.adapter.validate_python(text, strict=False)

    assert set(given["query"]) <= {name for name, place in places.items() if place == "query"}
    assert set(given["path"]) == {name for name, place in places.items() if place == "path"}
    assert (event["body"] is not None) == ("body" in places.values())


@pytest.mark.parametrize("function", HTTP)
def test_an_http_sample_has_a_verified_caller_exactly_where_the_route_has_an_authorizer(function):
    [declared] = function.events("Api")
    public = declared.get("Auth", {}).get("Authorizer") == "NONE"
    caller = sample(function)["requestContext"].get("authorizer")

    assert (caller is None) == public
    if caller is not None:
        assert {"sub", "sid", "scope", "exp"} <= caller.keys()
        assert isinstance(caller["exp"], str), "API Gateway hands on text"


@pytest.mark.parametrize("function", QUEUES)
def test_a_queue_sample_is_a_batch_that_its_handler_can_read(function):
    records = sample(function)["Records"]
    queues = [source["Queue"]["Fn::GetAtt"][0] for source in function.events("SQS")]
    named = [TEMPLATE["Resources"][queue]["Properties"]["QueueName"]["Fn::Sub"] for queue in queues]
    names = [name.replace("${Stage}", "dev") for name in named]

    assert records
    for record in records:
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"].rpartition(":")[2] in names
        assert (
            record["md5OfBody"] == md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        )
        body = json.loads(record["body"])
        assert body.pop("version") == VERSION
        assert body
        assert all(isinstance(value, str) for value in body.values())


@pytest.mark.parametrize("function", JOBS)
def test_a_schedules_sample_is_schedulers_own_event(function):
    event = sample(function)

    assert event["source"] == "aws.scheduler"
    assert event["resources"][0].endswith(f"/{function.name}")


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_sample_of_the_websocket_api_is_for_its_route(name: str):
    event = sample_named(name)
    context = event["requestContext"]

    assert context["routeKey"] == ROUTES[name]
    assert {"sub", "sid", "scope", "exp"} <= context["authorizer"].keys()
    if context["eventType"] == "MESSAGE":
        action = json.loads(event["body"])["action"]
        assert action == ROUTES[name] or ROUTES[name] == "$default"


def test_the_authorizers_sample_is_a_token_event():
    event = sample_named("Authorize")

    assert event["type"] == "TOKEN"
    assert event["authorizationToken"].startswith("Bearer ")
    assert event["methodArn"].split("/")[1:3] == ["dev", "GET"]


def test_the_machines_samples_fit_one_another():
    batch = sample_named("OnOrderSubmitted")["Records"]
    orders = [json.loads(record["body"]) for record in batch]
    [priced, executed] = [sample_named(f"Step{act}Orders") for act in ("Price", "Execute")]
    for order in orders:
        del order["version"]

    assert priced["orders"] == executed["orders"] == orders
    assert set(view_from_record(executed["view"]).quotes) == {its["symbol"] for its in orders}
    for message in sample_named("StepAnnounceOrders")["messages"]:
        assert json.loads(Message(**message).body)["account_id"] == message["account_id"]
