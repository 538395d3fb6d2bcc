from typing import Any

import pytest

from local.statemachines.engine import Engine
from local.statemachines.errors import InvalidDefinition
from tests.conformance.statemachines.lab import FUNCTION, INVOKE, NEST, SEND, machine, result, task

END = {"End": True}
INNER = {"StartAt": "In", "States": {"In": result()}}


def retried(**fields: Any) -> dict[str, Any]:
    return machine(Only=task(Retry=[{"ErrorEquals": ["E"], **fields}]))


REFUSED = [
    (machine("Absent", Only=result()), "'Absent' is no state at /StartAt"),
    (machine(Only=task(Next="Absent")), "'Absent' is no state at /States/Only/Next"),
    (machine(Only=result(), Lost=result()), "state 'Lost' is never reached at /States/Lost"),
    (machine(Only={"Type": "Pass", "Next": "Only"}), "no state that is reached ends the flow"),
    (machine(Only={"Type": "Pass"}), "either 'Next' or 'End': true at /States/Only"),
    (machine(Only=result(Next="Only")), "either 'Next' or 'End': true at /States/Only"),
    (machine(Only={"Type": "Loop", **END}), "no known Type at /States/Only/Type"),
    (machine(Only=result(Colour=1)), "state 'Only': the field 'Colour' is not known"),
    (machine(Only=result(InputPath="$")), "state 'Only': 'InputPath' is of JSONPath"),
    (machine(Only=result(ResultPath="$.a")), "state 'Only': 'ResultPath' is of JSONPath"),
    (machine(Only=result(QueryLanguage="JSONPath")), "state 'Only' is in JSONPath"),
    ({"StartAt": "Only", "States": {"Only": result()}}, "state 'Only' is in JSONPath"),
    (machine(Only=task(Resource="arn:aws:states:::dynamodb:putItem")), "is not known"),
    (machine(Only=task(Resource=f"{INVOKE}.sync")), "is not known"),
    (machine(Only=task(Resource=INVOKE, Arguments={})), "'FunctionName' is required"),
    (
        machine(Only=task(Resource=INVOKE, Arguments={"FunctionName": "f", "Paylod": 1})),
        "the field 'Paylod' is not known",
    ),
    (machine(Only={"Type": "Task", **END}), "'Resource' must be a text"),
    (machine(Only=task(TimeoutSeconds=0)), "'TimeoutSeconds' must be a number from 1"),
    (machine(Only=task(TimeoutSeconds=1.5)), "'TimeoutSeconds' must be a whole number"),
    (machine(Only=task(HeartbeatSeconds=5)), "only a task that waits for its token"),
    (machine(Only=task(Credentials={})), "the field 'Credentials' is not known"),
    (machine(Only=result(Output="{% 1 +")), "does not close"),
    (machine(Only=result(Output="{% 1 + %}")), "is not JSONata"),
    (machine(Only=result(Output="{% $states.result %}")), "$states.result, which this place lacks"),
    (machine(Only=task(Arguments="{% $states.errorOutput %}")), "which this place lacks"),
    (machine(Only=result(Output="{% a.b %}")), "reads a where there is no context"),
    (machine(Only=result(Output="{% $ %}")), "reads $ where there is no context"),
    (machine(Only=result(Output='{% $eval("1") %}')), "calls $eval"),
    (machine(Only=result(Assign={"states": 1})), "'states' is not a name for a variable"),
    (machine(Only=result(Assign={"a-b": 1})), "'a-b' is not a name for a variable"),
    (machine(Only={"Type": "Wait", **END}), "either 'Seconds' or 'Timestamp'"),
    (machine(Only={"Type": "Wait", "Seconds": -1, **END}), "'Seconds' must be a number from 0"),
    (machine(Only={"Type": "Choice", "Choices": []}), "'Choices' must not be empty"),
    (
        machine(Only={"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "B"}]}, B=result()),
        "a rule: 'Variable' is of JSONPath",
    ),
    (machine(Only={"Type": "Parallel", "Branches": [], **END}), "'Branches' must not be empty"),
    (machine(Only={"Type": "Succeed", "Next": "Only"}), "the field 'Next' is not known"),
    (retried(MaxAttempts=-1), "'MaxAttempts' must be a number from 0"),
    (retried(IntervalSeconds=0), "'IntervalSeconds' must be a number from 1"),
    (retried(BackoffRate=0.5), "'BackoffRate' must be a number from 1"),
    (retried(MaxDelaySeconds=1), "must be more than 'IntervalSeconds'"),
    (retried(JitterStrategy="HALF"), "'JitterStrategy' must be NONE or FULL"),
    (retried(ErrorEquals=[]), "'ErrorEquals' must be a list"),
    (retried(ErrorEquals=["States.ALL", "E"]), "'States.ALL' must stand alone and last"),
    (retried(ErrorEquals=["States.Timeut"]), "'States.Timeut' is no error that States raises"),
    (
        machine(Only={"Type": "Map", "ItemProcessor": INNER, "ItemReader": {}, **END}),
        "the field 'ItemReader' is not known",
    ),
    (
        machine(Only={"Type": "Map", "ItemProcessor": INNER, "ItemBatcher": {}, **END}),
        "the field 'ItemBatcher' is not known",
    ),
    (
        machine(
            Only={
                "Type": "Map",
                "Assign": {"x": 1},
                "ItemProcessor": {"StartAt": "In", "States": {"In": result(Assign={"x": 2})}},
                **END,
            }
        ),
        "the variable 'x' is already assigned outside",
    ),
    (
        machine(In={"Type": "Map", "ItemProcessor": INNER, **END}) | {"StartAt": "In"},
        "the name 'In' is taken",
    ),
    (machine(Only=result()) | {"Version": "2.0"}, "'Version' must be 1.0"),
    (machine(Only=result()) | {"Tags": []}, "the machine: the field 'Tags' is not known"),
]


@pytest.mark.parametrize(
    ("definition", "problem"), REFUSED, ids=[problem for _, problem in REFUSED]
)
async def test_a_definition_is_refused(lab, definition, problem):
    with pytest.raises(InvalidDefinition) as refused:
        lab.engine.register("Machine", definition, "STANDARD")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "only",
    [
        task(
            Resource=f"{INVOKE}.waitForTaskToken",
            Arguments={"FunctionName": "f", "Payload": "{% $states.context.Task.Token %}"},
        ),
        task(Resource=f"{NEST}.sync:2", Arguments={"StateMachineArn": "a"}),
        {
            "Type": "Map",
            "ItemProcessor": {
                **INNER,
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            },
            **END,
        },
    ],
)
async def test_an_express_machine_has_no_waiting_patterns(lab, only):
    lab.engine.register("Machine", machine(Only=only), "STANDARD")
    with pytest.raises(InvalidDefinition, match="EXPRESS"):
        lab.engine.register("Machine", machine(Only=only), "EXPRESS")


async def test_every_problem_is_listed_at_once(lab):
    definition = machine(Only=task(Next="Absent", Colour=1, TimeoutSeconds=0), Lost=result())
    with pytest.raises(InvalidDefinition) as refused:
        lab.engine.register("Machine", definition, "STANDARD")
    assert {problem.location for problem in refused.value.problems} >= {
        "/States/Only/Next",
        "/States/Only/Colour",
        "/States/Only/TimeoutSeconds",
        "/States/Lost",
    }


async def test_an_integration_the_engine_cannot_reach_is_refused(lab):
    engine = Engine(lab.invoke, clock=lab.clock)
    arguments = {"QueueUrl": "q", "MessageBody": "m"}
    definition = machine(Only=task(Resource=SEND, Arguments=arguments))
    lab.engine.register("Machine", definition, "STANDARD")
    with pytest.raises(InvalidDefinition, match="is not known"):
        engine.register("Machine", definition, "STANDARD")
    await engine.close()


@pytest.mark.parametrize(
    "broken", [{"StartAt": 5}, {"States": []}, {"StartAt": "A", "States": {"A": 1}}, {}]
)
async def test_what_is_no_machine_at_all_is_refused_and_never_breaks(lab, broken):
    with pytest.raises(InvalidDefinition):
        lab.engine.register("Machine", broken, "STANDARD")


async def test_a_comment_may_stand_anywhere(lab):
    only = task(
        Comment="c", Retry=[{"ErrorEquals": ["E"], "Comment": "c"}], Resource=f"{FUNCTION}F:live"
    )
    assert lab.engine.register("Machine", machine(Only=only) | {"Comment": "c"}, "STANDARD")
