import re

import pytest

from local.statemachines.errors import QUERY_EVALUATION
from tests.conformance.statemachines.lab import machine, result, task

GIVEN = {"n": 2, "none": None, "list": [1, None, 3], "orders": [{"q": 5}, {"q": 7}], "one": 1.0}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.n + 1", 3),
        ("$states.input.none", None),
        ("$states.input.list", [1, None, 3]),
        ("$states.input.orders.q", [5, 7]),
        ("$sum($states.input.orders.q)", 12),
        ("$states.input.orders[q = 7].q", 7),
        ("$states.input.one", 1),
        ("$map([1..3], function($v) { $v * 2 })", [2, 4, 6]),
        ('{"a": $states.input.none, "b": [1..2]}', {"a": None, "b": [1, 2]}),
        ('$exists($states.input.absent) ? "y" : "n"', "n"),
        ('$hash("a", "MD5")', "0cc175b9c0f1b6a831c399e269772661"),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ('$parse("{\\"a\\": [1, null]}").a', [1, None]),
        ("$random() in [0.25, 0.5, 0.75]", True),
        ("$random(7) = $random(7)", True),
        ("$now()", "2026-01-05T12:00:00.000Z"),
        ("$millis()", 1767614400000),
        ("$states.context.Execution.Input.n", 2),
        ("$states.context.State.Name", "Only"),
        ("$states.context.StateMachine.Name", "Machine"),
        ("$states.context.Execution.StartTime", "2026-01-05T12:00:00.000Z"),
        ("$states.context.State.EnteredTime", "2026-01-05T12:00:00.000Z"),
    ],
)
async def test_an_expression_gives_what_step_functions_gives(lab, expression, expected):
    output = await lab.output(machine(Only=result(Output=f"{{% {expression} %}}")), GIVEN)
    assert output == expected
    assert type(output) is type(expected)


async def test_uuid_is_a_version_4_uuid_drawn_anew_each_time(lab):
    output = await lab.output(machine(Only=result(Output=["{% $uuid() %}", "{% $uuid() %}"])))
    form = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    assert all(form.fullmatch(text) for text in output)
    assert output[0] != output[1]


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.absent",
        "$unset",
        "1 / 0",
        "$nothing(1)",
        '$hash("a", "SHA-0")',
        "$range(1, 2, 0)",
        "function($x) { $x }",
        '$error("mine")',
        "-$states.input.list",
        '$number("x")',
    ],
)
async def test_an_expression_without_a_value_is_a_query_evaluation_error(lab, expression):
    error, cause = await lab.failure(machine(Only=result(Output=f"{{% {expression} %}}")), GIVEN)
    assert error == QUERY_EVALUATION
    assert expression in cause


@pytest.mark.parametrize("body", ["1 + $f($n + 1)", "$f($n + 1)"])
async def test_an_endless_expression_is_a_query_evaluation_error(lab, body):
    endless = f"($f := function($n) {{ {body} }}; $f(0))"
    error, _ = await lab.failure(machine(Only=result(Output=f"{{% {endless} %}}")))
    assert error == QUERY_EVALUATION


async def test_expressions_stand_anywhere_inside_a_value_and_texts_stay_texts(lab):
    output = {"a": [1, "{% $states.input.n %}"], "b": "not {% here %}", "c": None}
    assert await lab.output(machine(Only=result(Output=output)), GIVEN) == {
        "a": [1, 2],
        "b": "not {% here %}",
        "c": None,
    }


async def test_now_follows_the_clock_and_is_not_kept_from_the_first_evaluation(lab):
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Only"}
    definition = machine("W", W=wait, Only=result(Output="{% $now() %}"))
    assert await lab.output(definition, seconds=60) == "2026-01-05T12:01:00.000Z"
    assert await lab.output(definition, seconds=60) == "2026-01-05T12:02:00.000Z"


async def test_variables_are_assigned_after_the_state_and_seen_by_later_ones(lab):
    definition = machine(
        "A",
        A=result(Assign={"x": 1}, Next="B") | {"End": False},
        B=result(Assign={"x": "{% $x + 1 %}", "y": "{% $x %}"}, Output="{% $x %}", Next="C")
        | {"End": False},
        C=result(Output="{% [$states.input, $x, $y] %}"),
    )
    assert await lab.output(definition) == [1, 2, 1]


async def test_a_function_cannot_change_what_the_machine_holds(lab):
    lab.functions["Spoil"] = lambda payload: payload.clear()
    definition = machine(
        "A",
        A=task("Spoil", Next="B", Output="{% $states.input %}"),
        B=result(),
    )
    assert await lab.output(definition, {"kept": [1]}) == {"kept": [1]}
