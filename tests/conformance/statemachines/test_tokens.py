from typing import Any

import pytest

from local.awsapi import ApiError
from local.statemachines.execution import Execution
from tests.conformance.statemachines.lab import (
    INVOKE,
    SEND,
    Lab,
    caught,
    machine,
    raising,
    result,
    task,
)

WAITING = {
    "Resource": f"{INVOKE}.waitForTaskToken",
    "Arguments": {"FunctionName": "Echo", "Payload": {"t": "{% $states.context.Task.Token %}"}},
}


async def waiting(lab: Lab, **fields: Any) -> tuple[Execution, str]:
    return await begun(lab, machine(Only=task(**{**WAITING, **fields}), Caught=result()))


def without_catch(**fields: Any) -> dict[str, Any]:
    return machine(Only=task(**{**WAITING, **fields}))


async def begun(lab: Lab, definition: dict[str, Any]) -> tuple[Execution, str]:
    execution = await lab.start(definition)
    await lab.clock.advance(0)
    return execution, lab.payloads("Echo")[-1]["t"]


async def test_a_task_waits_for_its_token_and_ends_with_what_was_sent(lab):
    execution, token = await begun(lab, without_catch())
    assert execution.status == "RUNNING"
    lab.engine.tokens.succeed(token, {"approved": True})
    assert (await execution.finished()).output == {"approved": True}


async def test_a_token_is_answered_once(lab):
    execution, token = await begun(lab, without_catch())
    lab.engine.tokens.succeed(token, 1)
    await execution.finished()
    with pytest.raises(ApiError) as refused:
        lab.engine.tokens.succeed(token, 2)
    assert refused.value.code == "TaskTimedOut"


async def test_a_token_that_was_never_handed_out_is_invalid(lab):
    with pytest.raises(ApiError) as refused:
        lab.engine.tokens.beat("nonsense")
    assert refused.value.code == "InvalidToken"


async def test_a_failure_sent_for_a_token_is_caught_with_error_and_cause(lab):
    execution, token = await waiting(lab, Catch=caught("Mine"))
    lab.engine.tokens.fail(token, "Mine", "because")
    assert (await execution.finished()).output == {"Error": "Mine", "Cause": "because"}


async def test_a_message_carries_the_token_to_whoever_answers(lab):
    arguments = {"QueueUrl": "q", "MessageBody": {"t": "{% $states.context.Task.Token %}"}}
    only = task(Resource=f"{SEND}.waitForTaskToken", Arguments=arguments)
    execution = await lab.start(machine(Only=only))
    await lab.clock.advance(0)
    token = lab.payloads("sqs")[0]["MessageBody"].split('"')[3]
    lab.engine.tokens.succeed(token, [1])
    assert (await execution.finished()).output == [1]


async def test_silence_past_the_heartbeat_is_a_heartbeat_timeout(lab):
    execution, _ = await waiting(lab, HeartbeatSeconds=10, Catch=caught("States.HeartbeatTimeout"))
    await lab.clock.advance(9)
    assert execution.status == "RUNNING"
    await lab.clock.advance(1)
    assert execution.output["Error"] == "States.HeartbeatTimeout"


async def test_states_timeout_also_catches_a_missing_heartbeat(lab):
    execution, _ = await waiting(lab, HeartbeatSeconds=10, Catch=caught("States.Timeout"))
    await lab.clock.advance(10)
    assert execution.status == "SUCCEEDED"


async def test_heartbeats_keep_a_task_alive_until_its_timeout(lab):
    execution, token = await begun(lab, without_catch(HeartbeatSeconds=10, TimeoutSeconds=25))
    for _ in range(3):
        await lab.clock.advance(8)
        lab.engine.tokens.beat(token)
    assert execution.status == "RUNNING"
    await lab.clock.advance(1)
    assert (execution.status, execution.error) == ("FAILED", "States.Timeout")


async def test_the_token_of_a_task_that_timed_out_is_gone(lab):
    _, token = await begun(lab, without_catch(TimeoutSeconds=5))
    await lab.clock.advance(5)
    with pytest.raises(ApiError) as refused:
        lab.engine.tokens.succeed(token, 1)
    assert refused.value.code == "TaskTimedOut"


async def test_a_function_that_raises_ends_the_wait(lab):
    lab.functions["Echo"] = raising("Mine")
    execution = await lab.run(without_catch())
    assert execution.error == "Mine"


async def test_every_try_has_a_token_of_its_own(lab):
    retrier = {"ErrorEquals": ["Again"], "MaxAttempts": 1}
    execution, first = await begun(lab, without_catch(Retry=[retrier]))
    lab.engine.tokens.fail(first, "Again", "")
    await lab.clock.advance(1)
    second = lab.payloads("Echo")[1]["t"]
    assert second != first
    lab.engine.tokens.succeed(second, 2)
    assert (await execution.finished()).output == 2


async def test_an_answer_sent_while_the_function_still_runs_is_kept(lab):
    def answer_at_once(payload):
        lab.engine.tokens.succeed(payload["t"], "early")

    lab.functions["Echo"] = answer_at_once
    assert (await lab.run(without_catch())).output == "early"
