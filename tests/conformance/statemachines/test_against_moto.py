"""The same definitions run by moto's interpreter, where that is known to be right."""

import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse
from jsonata import Jsonata
from moto import mock_aws

from local.statemachines.errors import FunctionError
from tests.conformance.statemachines.lab import (
    FUNCTION,
    INVOKE,
    caught,
    machine,
    raising,
    result,
    task,
)

MOTO_LACKS = {
    "HeartbeatSeconds": "raises States.Timeout instead of States.HeartbeatTimeout",
    "waitForTaskToken": "heartbeats are InvalidToken, the cause of a failure is lost",
    "startExecution.sync:2": "the nested execution's output and failure differ",
    "StartSyncExecution": "is not implemented",
    "RedriveExecution": "is not implemented",
    "ValidateStateMachineDefinition": "is not implemented, and a dangling Next is accepted",
    "unnamed executions": "all get the name None",
    "$states.context.Execution.StartTime": "a datetime that is not JSON",
    "$hash and $uuid": "are missing",
    "Distributed Map": "ItemBatcher with items given inline does not parse",
}
"""What is not compared below, and why: each is covered by a test of its own beside this file."""


def _unsteady(payload: dict[str, int]) -> Any:
    return raising("BrokenError")(payload) if payload["n"] == 0 else payload


FUNCTIONS = {
    "Echo": lambda payload: payload,
    "Double": lambda payload: {"n": payload["n"] * 2},
    "Broken": raising("BrokenError", "why"),
    "Unsteady": _unsteady,
}


class _Body(io.BytesIO):
    def stream(self, *_arguments: Any, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _invoked(request: Any, **_event: Any) -> AWSResponse:
    """Lambda for moto's interpreter: the functions above, in this process."""
    name = request.url.partition("/functions/")[2].partition("/")[0].rpartition("%3A")[2]
    headers: Any = {}
    try:
        answer = FUNCTIONS[name](json.loads(request.body))
    except FunctionError as error:
        headers = {"x-amz-function-error": "Unhandled"}
        answer = {
            "errorMessage": error.message,
            "errorType": error.error_type,
            "stackTrace": error.stack,
        }
    return AWSResponse(request.url, 200, headers, _Body(json.dumps(answer).encode()))


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """A client of moto's Step Functions, its missing JSONata evaluator filled in."""
    logging.disable(logging.CRITICAL)
    hook = ("before-send.lambda.Invoke", _invoked)
    botocore.handlers.BUILTIN_HANDLERS.append(hook)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client(
            "stepfunctions",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        client.list_state_machines()
        _plug()
        yield client
        client.close()
    botocore.handlers.BUILTIN_HANDLERS.remove(hook)
    logging.disable(logging.NOTSET)


def _plug() -> None:
    modules: list[tuple[str, Any]] = list(sys.modules.items())
    for name, module in modules:
        if name.startswith("moto.stepfunctions") and hasattr(module, "eval_jsonata_expression"):
            module.eval_jsonata_expression = lambda expression: Jsonata(expression).evaluate(None)


def by_moto(client: Any, definition: dict[str, Any], given: Any, name: str) -> tuple[Any, ...]:
    created = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
    )
    started = client.start_execution(
        stateMachineArn=created["stateMachineArn"], name=name, input=json.dumps(given)
    )
    until = time.monotonic() + 20
    while (described := client.describe_execution(executionArn=started["executionArn"]))[
        "status"
    ] == "RUNNING":
        assert time.monotonic() < until
        time.sleep(0.02)
    return described["status"], _decoded(described.get("output")), described.get("error")


def _decoded(output: str | None) -> Any:
    try:
        return None if output is None else json.loads(output)
    except ValueError:
        return f"not JSON: {output}"


def flow(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state}}


RETRY = [{"ErrorEquals": ["BrokenError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "pass": (machine(Only=result(Output={"a": "{% $states.input.n + 1 %}"})), {"n": 1}),
    "task by arn": (machine(Only=task("Double")), {"n": 4}),
    "lambda invoke": (
        machine(
            Only=task(
                Resource=INVOKE,
                Arguments={"FunctionName": f"{FUNCTION}Double", "Payload": "{% $states.input %}"},
                Output="{% $states.result.Payload %}",
            )
        ),
        {"n": 3},
    ),
    "arguments and assign": (
        machine(
            Only=task(Arguments={"x": 1}, Assign={"kept": "{% $states.result.x %}"}, Next="Then"),
            Then=result(Output={"kept": "{% $kept %}", "in": "{% $states.input %}"}),
        ),
        {},
    ),
    "catch by name": (
        machine(Only=task("Broken", Catch=caught("BrokenError")), Caught=result(Output={"c": 1})),
        {},
    ),
    "catch gives error output": (
        machine(
            Only=task(
                "Broken",
                Catch=caught("States.ALL", Output={"e": "{% $states.errorOutput.Error %}"}),
            ),
            Caught=result(),
        ),
        {},
    ),
    "task failed as wildcard": (
        machine(Only=task("Broken", Catch=caught("States.TaskFailed")), Caught=result(Output={})),
        {},
    ),
    "uncaught": (machine(Only=task("Broken")), {}),
    "retry then catch": (
        machine(
            Only=task("Broken", Retry=RETRY, Catch=caught("BrokenError")),
            Caught=result(Output={"done": True}),
        ),
        {},
    ),
    "choice": (
        machine(
            Only={
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.n > 5 %}", "Next": "Large"},
                    {"Condition": "{% $states.input.n > 1 %}", "Next": "Small"},
                ],
                "Default": "None",
            },
            Large=result(Output={"is": "large"}),
            Small=result(Output={"is": "small"}),
            None_=result(Output={}),
        ),
        {"n": 3},
    ),
    "wait": (machine(Only={"Type": "Wait", "Seconds": 1, "End": True}), {"a": 1}),
    "succeed": (machine(Only={"Type": "Succeed", "Output": {"a": [1, None]}}), {}),
    "fail": (machine(Only={"Type": "Fail", "Error": "Mine", "Cause": "why"}), {}),
    "parallel": (
        machine(
            Only={
                "Type": "Parallel",
                "Branches": [flow("A", result(Output={"a": 1})), flow("B", result())],
                "End": True,
            }
        ),
        {"b": 2},
    ),
    "map": (
        machine(
            Only={
                "Type": "Map",
                "Items": "{% $states.input.items %}",
                "ItemSelector": {
                    "i": "{% $states.context.Map.Item.Index %}",
                    "n": "{% $states.context.Map.Item.Value %}",
                },
                "ItemProcessor": flow("In", task("Double")),
                "MaxConcurrency": 2,
                "End": True,
            }
        ),
        {"items": [1, 2, 3]},
    ),
    "map catch": (
        machine(
            Only={
                "Type": "Map",
                "Items": [1, 2],
                "ItemProcessor": flow("In", task("Broken")),
                "Catch": caught("BrokenError", Output={"c": 1}),
                "End": True,
            },
            Caught=result(),
        ),
        {},
    ),
    "parallel branch fails": (
        machine(
            Only={
                "Type": "Parallel",
                "Branches": [flow("A", task("Broken")), flow("B", result())],
                "Catch": caught("BrokenError", Output={"c": 1}),
                "End": True,
            },
            Caught=result(),
        ),
        {},
    ),
    "retry count": (
        machine(
            Only=task(
                "Unsteady",
                Arguments={"n": "{% $states.context.State.RetryCount %}"},
                Retry=RETRY,
            )
        ),
        {},
    ),
    "data limit": (machine(Only=result(Output={"x": "{% $pad('', 262145, 'x') %}"})), {}),
    "partition": (machine(Only=result(Output={"p": "{% $partition([1..5], 2) %}"})), {}),
    "null": (machine(Only=result(Output={"p": "{% $states.input.a %}"})), {"a": None}),
    "undefined": (machine(Only=result(Output="{% $states.input.absent %}")), {}),
}
CASES["choice"][0]["States"]["None"] = CASES["choice"][0]["States"].pop("None_")


MOTO_IS_WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no choice matched": (
        machine(
            Only={"Type": "Choice", "Choices": [{"Condition": False, "Next": "Then"}]},
            Then=result(),
        ),
        "reported as States.Runtime",
    ),
    "text as output": (machine(Only=result(Output="text")), "comes back without its quotes"),
    "caught error of an output": (
        machine(
            Only=task(
                Output="{% $states.result.absent %}",
                Catch=caught("States.QueryEvaluationError", Output={"q": 1}),
            ),
            Caught=result(),
        ),
        "Catch is not asked",
    ),
    "timeout of the machine": (
        machine(timeout=1, Only={"Type": "Wait", "Seconds": 2, "End": True}),
        "the execution has no error",
    ),
}
"""Where both end, and differently; once moto is right, the case belongs to CASES."""


@pytest.mark.parametrize("case", CASES)
async def test_the_engine_and_moto_come_to_the_same_end(lab, moto, case):
    definition, given = CASES[case]
    lab.functions |= FUNCTIONS
    ours = await lab.run(definition, given, seconds=60)
    theirs = by_moto(moto, definition, given, case.replace(" ", "-"))
    assert (ours.status, ours.output, ours.error) == theirs


@pytest.mark.parametrize("case", MOTO_IS_WRONG)
async def test_moto_still_ends_differently_where_it_is_known_to_be_wrong(lab, moto, case):
    definition, _ = MOTO_IS_WRONG[case]
    ours = await lab.run(definition, seconds=60)
    theirs = by_moto(moto, definition, {}, case.replace(" ", "-"))
    assert (ours.status, ours.output, ours.error) != theirs
