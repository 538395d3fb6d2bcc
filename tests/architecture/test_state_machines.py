"""The rules of state machines: bounded, retried by name with jitter, caught, with no loose ends."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.architecture.project import ROOT, functions, machines

RETRIED = {
    "UnavailableError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
ALL = [pytest.param(properties, text, id=name) for name, (properties, text) in machines().items()]


def scopes(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The machine's own states, and those inside each Map and Parallel."""
    yield definition
    for state in definition["States"].values():
        inner = [*state.get("Branches", [])]
        inner += [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for scope in inner:
            yield from scopes(scope)


def states(text: str, *kinds: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for scope in scopes(json.loads(text)):
        for name, state in scope["States"].items():
            if not kinds or state["Type"] in kinds:
                yield name, state


def targets(state: Mapping[str, Any]) -> list[str]:
    """Every state that may follow."""
    found = [state[key] for key in ("Next", "Default") if key in state]
    found += [each["Next"] for each in state.get("Choices", [])]
    return found + [each["Next"] for each in state.get("Catch", [])]


def test_there_are_machines():
    assert "ProcessOrder" in machines()


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_placeholders_are_the_templates_substitutions_both_ways(properties, text):
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(properties["DefinitionSubstitutions"])


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_a_placeholder_is_the_whole_of_a_text_so_that_the_file_is_json_before_it_is_filled(
    properties, text
):
    assert re.findall(r"\$\{\w+\}", text) == re.findall(r'(?<=")\$\{\w+\}(?=")', text)
    assert json.loads(text)["QueryLanguage"] == "JSONata"


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_the_machine_and_each_task_end_in_bounded_time(properties, text):
    unbounded = [name for name, state in states(text, "Task") if "TimeoutSeconds" not in state]

    assert unbounded == []
    assert json.loads(text)["TimeoutSeconds"] > 0


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_every_task_is_retried_by_name_with_jitter_and_a_bound(properties, text):
    for name, state in states(text, "Task", "Map", "Parallel"):
        retriers = state.get("Retry", [])
        assert retriers or state["Type"] != "Task", name
        for retrier in retriers:
            assert set(retrier["ErrorEquals"]) <= RETRIED, name
            assert retrier["JitterStrategy"] == "FULL", name
            assert 1 <= retrier["MaxAttempts"] <= 10, name


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_every_task_catches_and_everything_is_only_caught_last(properties, text):
    redrivable = redriven_from(properties, text)
    for name, state in states(text, "Task", "Map", "Parallel"):
        caught = [each["ErrorEquals"] for each in state.get("Catch", [])]
        assert caught or name in redrivable, name
        assert all("States.ALL" not in each for each in caught[:-1]), name
        assert not caught or caught[-1] == ["States.ALL"], name


def redriven_from(properties: Mapping[str, Any], text: str) -> set[str]:
    """The own states of a Standard machine: what fails there uncaught, a redrive begins with."""
    return set(json.loads(text)["States"]) if properties["Type"] == "STANDARD" else set()


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_nothing_is_caught_only_to_fail_where_a_redrive_would_begin(properties, text):
    """It would begin with the Fail state, and do nothing but fail."""
    own = json.loads(text)["States"]
    for name in redriven_from(properties, text):
        ways_out = [own[each["Next"]]["Type"] for each in own[name].get("Catch", [])]
        assert "Fail" not in ways_out, name


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_what_cannot_be_brought_back_is_not_caught_by_going_on(properties, text):
    """A handler's way out leads to an end or to a compensation, never to the task's own next."""
    for scope in scopes(json.loads(text)):
        for name, state in scope["States"].items():
            ways_out = {each["Next"] for each in state.get("Catch", [])}
            onward = ways_out & {state.get("Next")}
            assert all(scope["States"][each]["Type"] == "Succeed" for each in onward), name


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_no_state_is_missing_and_none_is_out_of_reach(properties, text):
    for scope in scopes(json.loads(text)):
        seen, open_ends = set(), [scope["StartAt"]]
        while open_ends:
            name = open_ends.pop()
            if name not in seen:
                seen.add(name)
                open_ends += targets(scope["States"][name])

        assert seen == scope["States"].keys()


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_every_state_leads_on_or_ends(properties, text):
    for name, state in states(text):
        ends = state["Type"] in {"Succeed", "Fail"} or state.get("End") is True
        assert ends != bool(targets({**state, "Catch": []})), name


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_states_are_named_in_sentence_case(properties, text):
    named = [name for name, _ in states(text)]

    assert [name for name in named if not re.fullmatch(r"[A-Z][a-z0-9 -]*", name)] == []
    assert len(named) == len(set(named))


@pytest.mark.parametrize(("properties", "text"), ALL)
def test_a_machine_calls_step_functions_of_its_context_and_may_call_no_other(properties, text):
    called = {its["Fn::GetAtt"][0] for its in properties["DefinitionSubstitutions"].values()}
    permitted = {
        policy["LambdaInvokePolicy"]["FunctionName"]["Ref"]
        for policy in properties["Policies"]
        if "LambdaInvokePolicy" in policy
    }
    steps = {each.name for each in functions() if each.stem.startswith("step_")}

    assert called == permitted
    assert called <= steps


def test_every_step_is_called_by_a_machine():
    called = {
        its["Fn::GetAtt"][0]
        for properties, _ in machines().values()
        for its in properties["DefinitionSubstitutions"].values()
    }

    assert {each.name for each in functions() if each.stem.startswith("step_")} <= called


def test_a_task_gives_up_no_later_than_its_function():
    timeouts = {each.name: each.timeout for each in functions()}
    for properties, text in machines().values():
        given = properties["DefinitionSubstitutions"]
        for name, state in states(text, "Task"):
            substitution = re.fullmatch(r"\$\{(\w+)\}", state["Resource"])
            if substitution:
                function = given[substitution[1]]["Fn::GetAtt"][0]
                assert state["TimeoutSeconds"] <= timeouts[function], name


def test_definitions_lie_where_the_template_says():
    assert all((ROOT / its["DefinitionUri"]).is_file() for its, _ in machines().values())
