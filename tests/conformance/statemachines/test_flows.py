import asyncio
from typing import Any

import pytest

from local.statemachines.errors import NO_CHOICE_MATCHED, QUERY_EVALUATION, TOLERANCE_EXCEEDED
from tests.conformance.statemachines.lab import (
    caught,
    distributed,
    flow,
    machine,
    mapped,
    raising,
    result,
    task,
)


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": list(branches), "End": True, **fields}


def choice(*rules: tuple[Any, str], **fields: Any) -> dict[str, Any]:
    choices = [{"Condition": condition, "Next": then} for condition, then in rules]
    return {"Type": "Choice", "Choices": choices, **fields}


@pytest.mark.parametrize(("n", "expected"), [(1, "small"), (5, "large"), (50, "huge")])
async def test_the_first_rule_that_holds_decides_and_the_default_takes_the_rest(lab, n, expected):
    decide = choice(
        ("{% $states.input.n < 3 %}", "Small"),
        ("{% $states.input.n < 10 %}", "Large"),
        Default="Huge",
    )
    ends: dict[str, Any] = {
        name: result(Output=name.lower()) for name in ("Small", "Large", "Huge")
    }
    assert await lab.output(machine("Decide", Decide=decide, **ends), {"n": n}) == expected


async def test_no_rule_and_no_default_is_no_choice_matched(lab):
    decide = choice(("{% false %}", "Then"))
    error, _ = await lab.failure(machine("Decide", Decide=decide, Then=result()))
    assert error == NO_CHOICE_MATCHED


async def test_a_condition_that_is_no_boolean_is_a_query_evaluation_error(lab):
    decide = choice(("{% 1 %}", "Then"))
    error, _ = await lab.failure(machine("Decide", Decide=decide, Then=result()))
    assert error == QUERY_EVALUATION


async def test_the_rule_taken_has_its_own_output_and_assign(lab):
    rule = {"Condition": True, "Next": "Then", "Output": 1, "Assign": {"by": "rule"}}
    decide = {"Type": "Choice", "Choices": [rule], "Output": 2, "Assign": {"by": "state"}}
    definition = machine("Decide", Decide=decide, Then=result(Output="{% [$states.input, $by] %}"))
    assert await lab.output(definition) == [1, "rule"]


async def test_the_default_takes_the_output_and_assign_of_the_state(lab):
    rule = {"Condition": False, "Next": "Then", "Output": 1}
    decide = {
        "Type": "Choice",
        "Choices": [rule],
        "Default": "Then",
        "Output": 2,
        "Assign": {"by": 3},
    }
    definition = machine("Decide", Decide=decide, Then=result(Output="{% [$states.input, $by] %}"))
    assert await lab.output(definition) == [2, 3]


@pytest.mark.parametrize(
    "until",
    [
        {"Seconds": 90},
        {"Seconds": "{% $states.input.wait %}"},
        {"Timestamp": "2026-01-05T12:01:30Z"},
        {"Timestamp": "{% $states.input.until %}"},
    ],
)
async def test_a_wait_lasts_as_long_as_it_says(lab, until):
    definition = machine(
        "W", W={"Type": "Wait", "Next": "Then", **until}, Then=result(Output="{% $now() %}")
    )
    given = {"wait": 90, "until": "2026-01-05T13:01:30+01:00"}
    assert await lab.output(definition, given, seconds=90) == "2026-01-05T12:01:30.000Z"


async def test_a_wait_for_a_moment_that_has_passed_is_over_at_once(lab):
    wait = {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}
    assert await lab.output(machine(Only=wait), {"a": 1}) == {"a": 1}


@pytest.mark.parametrize("given", [{"s": -1}, {"s": "x"}, {"s": 1.5}])
async def test_a_wait_for_no_whole_number_fails(lab, given):
    wait = {"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True}
    assert (await lab.failure(machine(Only=wait), given))[0] == QUERY_EVALUATION


async def test_fail_states_its_error_and_cause(lab):
    fail = {"Type": "Fail", "Error": "Mine", "Cause": "{% 'because ' & $states.input.why %}"}
    assert await lab.failure(machine(Only=fail), {"why": "so"}) == ("Mine", "because so")


async def test_succeed_may_shape_its_output(lab):
    assert await lab.output(machine(Only={"Type": "Succeed", "Output": "{% 1 + 1 %}"})) == 2


async def test_the_branches_of_a_parallel_state_give_an_array_in_their_order(lab):
    slow = flow("W", W={"Type": "Wait", "Seconds": 5, "Next": "R"}, R=result(Output="slow"))
    both = parallel(slow, flow(Inner=result()), Arguments={"a": "{% $states.input.n %}"})
    assert await lab.output(machine(Only=both), {"n": 1}, seconds=5) == ["slow", {"a": 1}]


async def test_a_failing_branch_stops_the_others_and_its_error_is_the_states(lab):
    stopped = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(True)

    lab.functions |= {"Hang": lambda _: hang(), "Bad": raising("Mine")}
    both = parallel(
        flow("Other", Other=task("Hang")), flow(Inner=task("Bad")), Catch=caught("Mine")
    )
    assert await lab.output(machine(Only=both, Caught=result(Output=1))) == 1
    assert stopped == [True]


async def test_a_branch_reads_outer_variables_and_keeps_its_own(lab):
    inner = flow(
        "A",
        A={"Type": "Pass", "Assign": {"y": "{% $x + 1 %}"}, "Next": "B"},
        B=result(Output="{% $y %}"),
    )
    definition = machine(
        "Set",
        Set={"Type": "Pass", "Assign": {"x": 1}, "Next": "Both"},
        Both={**parallel(inner), "End": False, "Next": "After"},
        After=result(Output={"both": "{% $states.input %}", "leaked": "{% $exists($y) %}"}),
    )
    assert await lab.output(definition) == {"both": [2], "leaked": False}


async def test_a_map_runs_each_item_and_keeps_their_order(lab):
    selector = {
        "i": "{% $states.context.Map.Item.Index %}",
        "v": "{% $states.context.Map.Item.Value %}",
        "by": "{% $states.input.by %}",
    }
    inner = flow(Inner=result(Output="{% $states.input.v * $states.input.by + $states.input.i %}"))
    each = mapped(inner, Items="{% $states.input.items %}", ItemSelector=selector)
    assert await lab.output(machine(Only=each), {"items": [1, 2, 3], "by": 10}) == [10, 21, 32]


async def test_a_map_over_nothing_gives_nothing(lab):
    assert await lab.output(machine(Only=mapped(flow(Inner=result()), Items=[]))) == []


async def test_a_map_over_an_object_gets_keys_and_values(lab):
    each = mapped(flow(Inner=result()), Items={"a": 1})
    assert await lab.output(machine(Only=each)) == [{"Key": "a", "Value": 1}]


async def test_a_map_over_no_array_fails(lab):
    each = mapped(flow(Inner=result()), Items="{% 5 %}")
    assert (await lab.failure(machine(Only=each)))[0] == QUERY_EVALUATION


async def test_max_concurrency_bounds_the_items_under_way(lab):
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await lab.clock.sleep(1)
        running -= 1

    lab.functions["Work"] = lambda _payload: work()
    each = mapped(flow(Inner=task("Work")), Items="{% [1..6] %}", MaxConcurrency=2)
    await lab.output(machine(Only=each), seconds=3)
    assert most == 2


async def test_a_failing_item_fails_the_map_under_its_own_error(lab):
    lab.functions["Bad"] = raising("Mine")
    each = mapped(flow(Inner=task("Bad")), Items=[1, 2], Catch=caught("Mine"))
    assert await lab.output(machine(Only=each, Caught=result(Output=1))) == 1


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        ({"ToleratedFailureCount": 2}, [1, None, 3, None]),
        ({"ToleratedFailurePercentage": 50}, [1, None, 3, None]),
        ({"ToleratedFailureCount": 1}, TOLERANCE_EXCEEDED),
        ({"ToleratedFailurePercentage": 49}, TOLERANCE_EXCEEDED),
    ],
)
@pytest.mark.parametrize("shape", [lambda inner: inner, distributed])
async def test_failures_are_tolerated_up_to_the_threshold(lab, shape, tolerance, expected):
    lab.functions["Odd"] = lambda n: n if n % 2 else raising("Even")(n)
    each = mapped(shape(flow(Inner=task("Odd"))), Items=[1, 2, 3, 4], **tolerance)
    execution = await lab.run(machine(Only=each))
    assert (execution.output or execution.error) == expected


async def test_a_distributed_map_tolerates_nothing_unless_told(lab):
    lab.functions["Bad"] = raising("Mine")
    execution = await lab.run(machine(Only=mapped(distributed(flow(Inner=task("Bad"))), Items=[1])))
    assert execution.error == TOLERANCE_EXCEEDED


async def test_a_distributed_map_hands_out_batches_with_their_shared_input(lab):
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"day": "{% $states.input.day %}"}}
    each = mapped(
        distributed(flow(Inner=task())), Items="{% $states.input.items %}", ItemBatcher=batcher
    )
    await lab.run(machine(Only=each), {"items": [1, 2, 3], "day": "d"})
    assert lab.payloads("Echo") == [
        {"BatchInput": {"day": "d"}, "Items": [1, 2]},
        {"BatchInput": {"day": "d"}, "Items": [3]},
    ]


async def test_batches_keep_below_the_size_they_are_given(lab):
    batcher = {"MaxInputBytesPerBatch": 10}
    each = mapped(
        distributed(flow(Inner=task())), Items=["aaaa", "bb", "cccccc"], ItemBatcher=batcher
    )
    await lab.run(machine(Only=each))
    assert [call["Items"] for call in lab.payloads("Echo")] == [["aaaa", "bb"], ["cccccc"]]


async def test_a_distributed_child_is_an_execution_of_its_own_without_outer_variables(lab):
    seen = {"id": "{% $states.context.Execution.Id %}", "x": "{% $exists($x) %}"}
    definition = machine(
        "Set",
        Set={"Type": "Pass", "Assign": {"x": 1}, "Next": "Each"},
        Each=mapped(distributed(flow(Inner=result(Output=seen))), Items=[1, 2]),
    )
    execution = await lab.run(definition)
    ids = {child["id"] for child in execution.output}
    assert len(ids) == 2
    assert execution.arn not in ids
    assert not any(child["x"] for child in execution.output)
