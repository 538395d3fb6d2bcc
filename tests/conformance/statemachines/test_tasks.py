import asyncio
import json

import pytest

from local.statemachines.errors import DATA_LIMIT_EXCEEDED, FunctionError
from tests.conformance.statemachines.lab import (
    FUNCTION,
    INVOKE,
    NEST,
    PUT,
    SEND,
    caught,
    machine,
    raising,
    result,
    task,
)


async def test_a_function_gets_the_input_and_its_result_is_the_output(lab):
    assert await lab.output(machine(Only=task()), {"a": 1}) == {"a": 1}
    assert lab.payloads("Echo") == [{"a": 1}]


async def test_arguments_output_and_assign_shape_the_call(lab):
    only = task(
        Arguments={"id": "{% $states.input.order %}"},
        Output="{% $states.result.id & '!' %}",
        Assign={"kept": "{% $states.result %}"},
        Next="Then",
    )
    definition = machine(Only=only, Then=result(Output="{% [$states.input, $kept.id] %}"))
    assert await lab.output(definition, {"order": "o1"}) == ["o1!", "o1"]


async def test_lambda_invoke_wraps_the_result_as_payload(lab):
    only = task(Resource=INVOKE, Arguments={"FunctionName": "Echo", "Payload": {"a": 1}})
    output = await lab.output(machine(Only=only))
    assert output == {"ExecutedVersion": "$LATEST", "Payload": {"a": 1}, "StatusCode": 200}


async def test_an_exception_is_caught_by_its_name_with_its_cause(lab):
    lab.functions["Echo"] = raising("InsufficientFundsError", "12 missing")
    only = task(Catch=caught("InsufficientFundsError"))
    output = await lab.output(machine(Only=only, Caught=result()))
    assert output["Error"] == "InsufficientFundsError"
    assert json.loads(output["Cause"]) == {
        "errorMessage": "12 missing",
        "errorType": "InsufficientFundsError",
        "stackTrace": ["line 1"],
    }


async def test_a_catcher_has_its_own_output_and_assign(lab):
    lab.functions["Echo"] = raising("E")
    catch = caught(
        "E", Output="{% $states.errorOutput.Error %}", Assign={"why": "{% $states.input %}"}
    )
    definition = machine(
        Only=task(Catch=catch, Assign={"why": "not this"}),
        Caught=result(Output="{% [$states.input, $why.a] %}"),
    )
    assert await lab.output(definition, {"a": 1}) == ["E", 1]


async def test_an_exception_nobody_catches_fails_the_execution(lab):
    lab.functions["Echo"] = raising("Broken", "why")
    error, cause = await lab.failure(machine(Only=task(Catch=caught("Else")), Caught=result()))
    assert error == "Broken"
    assert json.loads(cause)["errorMessage"] == "why"


@pytest.mark.parametrize(
    ("names", "error", "matches"),
    [
        (["States.ALL"], "Any", True),
        (["States.TaskFailed"], "Any", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
    ],
)
async def test_the_wildcards_match_what_step_functions_says(lab, names, error, matches):
    lab.functions["Echo"] = raising(error)
    execution = await lab.run(machine(Only=task(Catch=caught(*names)), Caught=result(Output=1)))
    assert execution.status == ("SUCCEEDED" if matches else "FAILED")


async def test_the_first_catcher_that_matches_is_taken(lab):
    lab.functions["Echo"] = raising("E")
    catch = [
        {"ErrorEquals": ["E"], "Next": "First"},
        {"ErrorEquals": ["States.ALL"], "Next": "Last"},
    ]
    definition = machine(Only=task(Catch=catch), First=result(Output=1), Last=result(Output=2))
    assert await lab.output(definition) == 1


async def test_an_unknown_function_is_an_error_of_lambda(lab):
    error, _ = await lab.failure(machine(Only=task("Nobody")))
    assert error == "Lambda.ResourceNotFoundException"


async def test_access_denied_is_states_permissions(lab):
    only = task(Resource=SEND, Arguments={"QueueUrl": "forbidden", "MessageBody": "x"})
    definition = machine(
        Only={**only, "Catch": caught("States.Permissions")}, Caught=result(Output=1)
    )
    assert await lab.output(definition) == 1


async def test_a_task_past_its_timeout_is_stopped_and_raises_states_timeout(lab):
    stopped = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(lab.clock.now())

    lab.functions["Slow"] = lambda _payload: hang()
    only = task("Slow", TimeoutSeconds="{% $states.input.limit %}", Catch=caught("States.Timeout"))
    definition = machine(Only=only, Caught=result(Output="{% $now() %}"))
    assert await lab.output(definition, {"limit": 7}, seconds=7) == "2026-01-05T12:00:07.000Z"
    assert len(stopped) == 1


async def test_a_result_over_256_kib_is_a_data_limit_error(lab):
    lab.functions["Big"] = lambda _payload: "x" * 262_144
    execution = await lab.run(
        machine(Only=task("Big", Output=1, Catch=caught("States.ALL")), Caught=result())
    )
    assert (execution.status, execution.error) == ("FAILED", DATA_LIMIT_EXCEEDED)


async def test_a_result_of_exactly_256_kib_passes(lab):
    lab.functions["Big"] = lambda _payload: "x" * 262_142
    assert len(await lab.output(machine(Only=task("Big")))) == 262_142


async def test_a_message_body_that_is_an_object_is_sent_as_json(lab):
    arguments = {"QueueUrl": "q", "MessageBody": {"order": "{% $states.input.id %}"}}
    output = await lab.output(machine(Only=task(Resource=SEND, Arguments=arguments)), {"id": 5})
    assert output == {"MessageId": "m-1"}
    assert lab.payloads("sqs") == [{"QueueUrl": "q", "MessageBody": '{"order":5}'}]


async def test_a_missing_queue_is_an_error_of_sqs(lab):
    arguments = {"QueueUrl": "missing", "MessageBody": "x"}
    error, _ = await lab.failure(machine(Only=task(Resource=SEND, Arguments=arguments)))
    assert error == "SQS.AmazonSQSException"


async def test_events_carry_their_origin_and_their_detail_as_text(lab):
    entry = {"Source": "hub", "DetailType": "Filled", "Detail": {"id": 1}, "EventBusName": "b"}
    definition = machine(Only=task(Resource=PUT, Arguments={"Entries": [entry]}))
    execution = await lab.run(definition)
    sent = lab.payloads("events")[0]["Entries"][0]
    assert sent["Detail"] == '{"id":1}'
    assert sent["Resources"] == [execution.arn, execution.machine_arn]


async def test_an_event_the_bus_refused_fails_the_task(lab):
    entry = {"Source": "bad", "DetailType": "t", "Detail": "{}"}
    error, _ = await lab.failure(machine(Only=task(Resource=PUT, Arguments={"Entries": [entry]})))
    assert error == "EventBridge.FailedEntry"


async def test_a_nested_execution_is_waited_for_and_its_output_is_json(lab):
    child = lab.engine.register("Child", machine(Only=result(Output={"a": 1})), "STANDARD")
    arguments = {"StateMachineArn": child, "Input": {"b": 2}, "Name": "c1"}
    output = await lab.run(machine(Only=task(Resource=f"{NEST}.sync:2", Arguments=arguments)))
    assert output.output["Output"] == {"a": 1}
    assert output.output["Input"] == {"b": 2}
    assert output.output["Status"] == "SUCCEEDED"


async def test_a_nested_execution_that_fails_is_states_task_failed(lab):
    child = lab.engine.register(
        "Child", machine(Only={"Type": "Fail", "Error": "Mine"}), "STANDARD"
    )
    only = task(Resource=f"{NEST}.sync:2", Arguments={"StateMachineArn": child})
    execution = await lab.run(
        machine(Only={**only, "Catch": caught("States.TaskFailed")}, Caught=result())
    )
    assert json.loads(execution.output["Cause"])["Error"] == "Mine"


async def test_a_nested_execution_stops_with_the_one_that_waits_for_it(lab):
    child = lab.engine.register(
        "Child", machine(Only={"Type": "Wait", "Seconds": 60, "End": True}), "STANDARD"
    )
    only = task(Resource=f"{NEST}.sync:2", Arguments={"StateMachineArn": child, "Name": "c1"})
    execution = await lab.start(machine(Only=only))
    await lab.clock.advance(1)
    lab.engine.stop(execution.arn)
    await lab.clock.advance(1)
    assert lab.engine.executions(child)[0].status == "ABORTED"


async def test_a_nested_execution_may_be_let_go(lab):
    child = lab.engine.register(
        "Child", machine(Only={"Type": "Wait", "Seconds": 60, "End": True}), "STANDARD"
    )
    only = task(Resource=NEST, Arguments={"StateMachineArn": child, "Name": "c1"})
    output = (await lab.run(machine(Only=only))).output
    assert output["ExecutionArn"].endswith(":execution:Child:c1")
    assert lab.engine.execution(output["ExecutionArn"]).status == "RUNNING"


async def test_a_second_nested_execution_of_the_same_name_is_an_error(lab):
    child = lab.engine.register("Child", machine(Only=result()), "STANDARD")
    only = task(Resource=f"{NEST}.sync:2", Arguments={"StateMachineArn": child, "Name": "c1"})
    await lab.run(machine(Only=only))
    execution = await lab.run(machine(Only=only))
    assert execution.error == "StepFunctions.ExecutionAlreadyExistsException"


async def test_a_fault_of_the_runtime_fails_the_execution_and_is_logged(lab, caplog):
    def broken(_payload):
        raise RuntimeError("a bug")

    lab.functions["Echo"] = broken
    error, cause = await lab.failure(
        machine(Only=task(Catch=caught("States.ALL")), Caught=result())
    )
    assert (error, cause) == ("States.Runtime", "RuntimeError: a bug")
    assert "a bug" in caplog.text


async def test_the_error_of_an_output_expression_is_caught_by_the_state_itself(lab):
    only = task(Output="{% $states.result.absent %}", Catch=caught("States.QueryEvaluationError"))
    assert await lab.output(machine(Only=only, Caught=result(Output=1))) == 1


async def test_a_function_error_without_a_trace_has_an_empty_one(lab):
    def short(_payload):
        raise FunctionError("Sandbox.Timedout", "after 3 s")

    lab.functions["Echo"] = short
    error, cause = await lab.failure(machine(Only=task()))
    assert error == "Sandbox.Timedout"
    assert json.loads(cause)["stackTrace"] == []


async def test_a_function_is_called_by_its_arn(lab):
    calls = []

    async def invoke(function, payload):
        calls.append(function)
        return payload

    lab.invoke = invoke
    lab.engine = lab.started()
    await lab.output(machine(Only=task("Named:live")))
    assert calls == [f"{FUNCTION}Named:live"]
