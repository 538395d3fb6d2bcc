import asyncio
import json
from datetime import timedelta

import pytest

from local.awsapi import ApiError
from local.statemachines.wire import StepFunctions
from tests.conformance.statemachines.lab import (
    START,
    WAIT,
    caught,
    machine,
    raising,
    result,
    task,
)


async def test_a_second_start_of_the_same_name_and_input_is_the_running_execution(lab):
    first = await lab.start(machine(Only=WAIT), {"a": 1}, name="n")
    assert await lab.start(machine(Only=WAIT), {"a": 1}, name="n") is first


async def test_the_same_name_with_another_input_is_refused(lab):
    await lab.start(machine(Only=WAIT), {"a": 1}, name="n")
    with pytest.raises(ApiError, match="ExecutionAlreadyExists"):
        await lab.start(machine(Only=WAIT), {"a": 2}, name="n")


async def test_the_name_of_an_ended_execution_is_not_used_again(lab):
    execution = await lab.start(machine(Only=result()), {"a": 1}, name="n")
    await execution.finished()
    with pytest.raises(ApiError, match="ExecutionAlreadyExists"):
        await lab.start(machine(Only=result()), {"a": 1}, name="n")


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "a/b", "a*"])
async def test_a_name_that_is_none_is_refused(lab, name):
    with pytest.raises(ApiError, match="InvalidName"):
        await lab.start(machine(Only=result()), name=name)


async def test_an_express_execution_has_its_own_arn_each_time_and_is_not_kept(lab):
    first = await lab.start(machine(Only=result()), kind="EXPRESS", name="n")
    second = await lab.start(machine(Only=result()), kind="EXPRESS", name="n")
    assert first.arn != second.arn
    assert ":express:Machine:n:" in first.arn
    await first.finished()
    with pytest.raises(ApiError, match="ExecutionDoesNotExist"):
        lab.engine.execution(first.arn)


async def test_only_express_machines_run_synchronously(lab):
    express = lab.engine.register("E", machine(Only=result(Output=1)), "EXPRESS")
    standard = lab.engine.register("S", machine(Only=result()), "STANDARD")
    assert (await lab.engine.run_sync(express, {})).output == 1
    with pytest.raises(ApiError, match="StateMachineTypeNotSupported"):
        await lab.engine.run_sync(standard, {})


async def test_whoever_waits_for_an_express_execution_hears_of_the_engines_end(lab):
    arn = lab.engine.register("E", machine(Only=WAIT), "EXPRESS")
    waiting = asyncio.ensure_future(lab.engine.run_sync(arn, {}))
    await lab.clock.advance(1)
    await lab.engine.close()
    assert (await asyncio.wait_for(waiting, 5)).status == "ABORTED"
    lab.engine = lab.started()


async def test_a_machine_past_its_timeout_is_timed_out_and_no_catcher_sees_it(lab):
    async def hang() -> None:
        await lab.clock.sleep(10_000)

    lab.functions["Echo"] = lambda _payload: hang()
    only = task(Catch=caught("States.ALL"))
    execution = await lab.run(machine(timeout=60, Only=only, Caught=result()), seconds=60)
    assert (execution.status, execution.error) == ("TIMED_OUT", "States.Timeout")
    assert execution.stopped == START + timedelta(seconds=60)


async def test_an_express_execution_ends_after_five_minutes(lab):
    execution = await lab.run(machine(Only=WAIT), kind="EXPRESS", seconds=300)
    assert execution.status == "TIMED_OUT"


async def test_a_stopped_execution_is_aborted_and_does_no_more(lab):
    definition = machine("W", W={"Type": "Wait", "Seconds": 60, "Next": "Then"}, Then=task())
    execution = await lab.start(definition)
    await lab.clock.advance(1)
    lab.engine.stop(execution.arn, "Mine", "because")
    await lab.clock.advance(100)
    assert (execution.status, execution.error, execution.cause) == ("ABORTED", "Mine", "because")
    assert lab.payloads("Echo") == []
    assert lab.history(execution)[-1] == "ExecutionAborted"


async def test_the_history_tells_what_happened_in_order(lab):
    lab.functions["Bad"] = raising("Mine")
    definition = machine(
        "Call",
        Call=task(Next="Fallible"),
        Fallible=task("Bad", Catch=caught("Mine")),
        Caught={"Type": "Succeed"},
    )
    execution = await lab.run(definition)
    assert lab.history(execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
        "TaskStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


async def test_events_are_numbered_and_name_the_one_before(lab):
    execution = await lab.run(machine(Only=result(Output={"a": 1})), {"b": 2})
    events = lab.engine.events(execution.arn)
    assert [(event["id"], event["previousEventId"]) for event in events] == [
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 3),
    ]
    assert events[1]["stateEnteredEventDetails"] == {"name": "Only", "input": '{"b":2}'}
    assert events[2]["stateExitedEventDetails"] == {"name": "Only", "output": '{"a":1}'}
    assert events[3]["executionSucceededEventDetails"] == {"output": '{"a":1}'}


async def test_a_standard_execution_outlives_the_runtime(durable):
    definition = machine(
        "A",
        A=task(Next="W", Assign={"kept": 1}, Output="out"),
        W={"Type": "Wait", "Seconds": 100, "Next": "B"},
        B=task(Arguments="{% [$kept, $states.input, $now()] %}"),
    )
    execution = await durable.start(definition, {"in": 1}, name="n")
    await durable.clock.advance(40)
    await durable.restart()
    (resumed,) = await durable.engine.resume()
    await durable.clock.advance(60)
    assert resumed.arn == execution.arn
    assert resumed.output == [1, "out", "2026-01-05T12:01:40.000Z"]
    assert durable.payloads("Echo")[0] == {"in": 1}
    assert len(durable.payloads("Echo")) == 2


async def test_a_task_that_was_under_way_runs_again_after_a_restart(durable):
    async def hang() -> None:
        await durable.clock.sleep(10)

    durable.functions["Echo"] = lambda _payload: hang()
    await durable.start(machine(Only=task()), {"id": 1})
    await durable.clock.advance(5)
    await durable.restart()
    (resumed,) = await durable.engine.resume()
    await durable.clock.advance(10)
    assert resumed.status == "SUCCEEDED"
    assert durable.payloads("Echo") == [{"id": 1}, {"id": 1}]


async def test_the_timeout_of_a_machine_runs_on_through_a_restart(durable):
    await durable.start(machine(timeout=60, Only=WAIT))
    await durable.clock.advance(50)
    await durable.restart()
    (resumed,) = await durable.engine.resume()
    await durable.clock.advance(10)
    assert resumed.status == "TIMED_OUT"


async def test_ended_executions_and_their_histories_outlive_the_runtime(durable):
    execution = await durable.run(machine(Only=result(Output=1)), {"a": None})
    before = durable.engine.events(execution.arn)
    await durable.restart()
    assert await durable.engine.resume() == []
    kept = durable.engine.execution(execution.arn)
    assert (kept.status, kept.output, kept.input) == ("SUCCEEDED", 1, {"a": None})
    assert (kept.started, kept.stopped) == (execution.started, execution.stopped)
    assert durable.engine.events(execution.arn) == before


async def test_a_name_stays_taken_through_a_restart(durable):
    execution = await durable.start(machine(Only=WAIT), {"a": 1}, name="n")
    await durable.restart()
    await durable.engine.resume()
    assert (await durable.start(machine(Only=WAIT), {"a": 1}, name="n")).arn == execution.arn
    with pytest.raises(ApiError, match="ExecutionAlreadyExists"):
        await durable.start(machine(Only=WAIT), {"a": 2}, name="n")


async def test_a_parent_and_the_child_it_waits_for_both_outlive_the_runtime(durable):
    child = durable.engine.register("Child", machine(Only=WAIT), "STANDARD")
    resource = "arn:aws:states:::states:startExecution.sync:2"
    arguments = {"StateMachineArn": child, "Name": "c", "Input": {}}
    parent = await durable.start(machine(Only=task(Resource=resource, Arguments=arguments)))
    await durable.clock.advance(1)
    await durable.restart()
    resumed = {execution.arn: execution for execution in await durable.engine.resume()}
    assert len(resumed) == 2
    await durable.clock.advance(3600)
    assert resumed[parent.arn].status == "SUCCEEDED"


async def test_an_execution_whose_state_is_gone_fails(durable):
    await durable.start(machine(Only=WAIT))
    await durable.clock.advance(1)
    await durable.engine.close()
    durable.engine = durable.started()
    durable.engine.register("Machine", machine("New", New=result()), "STANDARD")
    (resumed,) = await durable.engine.resume()
    await resumed.finished()
    assert (resumed.status, resumed.error) == ("FAILED", "States.Runtime")


async def test_input_over_256_kib_is_refused(lab):
    api = StepFunctions(lab.engine)
    arn = lab.engine.register("Machine", machine(Only=result()), "STANDARD")
    with pytest.raises(ApiError, match="InvalidExecutionInput"):
        await api.call(
            "StartExecution", {"stateMachineArn": arn, "input": json.dumps("x" * 262_144)}
        )
