import pytest

from local.awsapi import ApiError
from local.statemachines.errors import TOLERANCE_EXCEEDED
from tests.conformance.statemachines.lab import (
    WAIT,
    Lab,
    distributed,
    flow,
    machine,
    mapped,
    raising,
    result,
    task,
)


async def test_a_redriven_execution_goes_on_from_the_state_that_failed(lab):
    lab.functions["Bad"] = raising("Mine")
    first = task(Next="Second", Assign={"kept": 7}, Output="{% $states.result %}")
    second = task("Bad", Arguments="{% $kept %}")
    execution = await lab.run(machine("First", First=first, Second=second))
    assert execution.status == "FAILED"
    lab.functions["Bad"] = lambda payload: payload + 1
    again = lab.engine.redrive(execution.arn)
    await again.finished()
    assert (again.status, again.output, again.redrives) == ("SUCCEEDED", 8, 1)
    assert len(lab.payloads("Echo")) == 1
    assert "ExecutionRedriven" in lab.history(again)


@pytest.mark.parametrize("only", [result(), WAIT])
async def test_only_what_failed_is_redriven(lab, only):
    execution = await lab.start(machine(Only=only))
    await lab.clock.advance(1)
    with pytest.raises(ApiError, match="ExecutionNotRedrivable"):
        lab.engine.redrive(execution.arn)


def even_ones_fail(lab: Lab) -> None:
    lab.functions["Odd"] = lambda n: n if n % 2 else raising("Even")(n)


EACH = mapped(distributed(flow(Inner=task("Odd"))), Items=[1, 2, 3, 4], MaxConcurrency=1)


async def test_of_a_distributed_map_a_redrive_runs_only_what_did_not_succeed(lab):
    even_ones_fail(lab)
    definition = machine(Only={**EACH, "ToleratedFailureCount": 1})
    execution = await lab.run(definition)
    assert (execution.error, lab.payloads("Odd")) == (TOLERANCE_EXCEEDED, [1, 2, 3, 4])
    lab.functions["Odd"] = lambda n: n * 10

    again = lab.engine.redrive(execution.arn)
    await again.finished()

    assert again.output == [1, 20, 3, 40]
    assert lab.payloads("Odd") == [1, 2, 3, 4, 2, 4]
    assert "MapRunRedriven" in lab.history(again)


async def test_a_redrive_that_fails_too_leaves_less_to_the_next(lab):
    even_ones_fail(lab)
    execution = await lab.run(machine(Only=EACH))
    assert lab.payloads("Odd") == [1, 2]
    lab.functions["Odd"] = lambda n: n if n != 3 else raising("Three")(n)
    await lab.engine.redrive(execution.arn).finished()
    lab.functions["Odd"] = lambda n: -n

    again = lab.engine.redrive(execution.arn)
    await again.finished()

    assert again.output == [1, 2, -3, -4]


async def test_a_retry_of_a_distributed_map_runs_all_its_items_again(lab):
    even_ones_fail(lab)
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    await lab.run(machine(Only={**EACH, "Retry": retry}), seconds=2)
    assert lab.payloads("Odd") == [1, 2, 1, 2]


async def test_an_inline_map_is_redriven_whole(lab):
    even_ones_fail(lab)
    each = mapped(flow(Inner=task("Odd")), Items=[1, 2], MaxConcurrency=1)
    execution = await lab.run(machine(Only=each))
    await lab.engine.redrive(execution.arn).finished()
    assert lab.payloads("Odd") == [1, 2, 1, 2]


async def test_a_redrive_after_a_restart_knows_what_had_succeeded(durable):
    even_ones_fail(durable)
    execution = await durable.run(machine(Only=EACH))
    await durable.restart()
    durable.functions["Odd"] = lambda n: n * 10
    again = durable.engine.redrive(execution.arn)
    await again.finished()
    assert again.output == [1, 20, 30, 40]
