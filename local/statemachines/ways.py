"""The ways between the states of a flow: each leads somewhere, all states are reached, one ends."""

from collections.abc import Iterator
from typing import Any

from local.statemachines.model import Choice, Flow, State
from local.statemachines.reading import Place


def assigned(states: Place) -> Iterator[str]:
    """The variables that the states of one flow assign, in rules and catchers too."""
    for fields in states.fields.values():
        if isinstance(fields, dict):
            for part in (fields, *_list(fields, "Choices"), *_list(fields, "Catch")):
                if isinstance(part, dict) and isinstance(part.get("Assign"), dict):
                    yield from part["Assign"]


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    found = fields.get(name)
    return found if isinstance(found, list) else []


def _ways(state: State) -> Iterator[tuple[str, str]]:
    """The states that `state` may go to, each with the place that says so."""
    if state.next is not None:
        yield ("Default" if isinstance(state, Choice) else "Next"), state.next
    if isinstance(state, Choice):
        yield from ((f"Choices[{at}]/Next", rule.next) for at, rule in enumerate(state.rules))
    catchers = getattr(state, "catchers", ())
    yield from ((f"Catch[{at}]/Next", catcher.next) for at, catcher in enumerate(catchers))


def check(place: Place, flow: Flow) -> None:
    """Refuse ways to nowhere, states that nothing leads to, and a flow without an end."""
    if flow.start_at and flow.start_at not in flow.states:
        place.refuse(f"'{flow.start_at}' is no state", "StartAt", "MISSING_TRANSITION_TARGET")
    reached = _reached(flow)
    for name, state in flow.states.items():
        if name not in reached:
            place.refuse(f"state '{name}' is never reached", f"States/{name}", "UNREACHABLE_STATE")
        for at, target in _ways(state):
            if target and target not in flow.states:
                where = f"States/{name}/{at}"
                place.refuse(f"'{target}' is no state", where, "MISSING_TRANSITION_TARGET")
    if not any(_terminal(flow.states[name]) for name in reached):
        place.refuse("no state that is reached ends the flow", "States", "MISSING_END_STATE")


def _reached(flow: Flow) -> set[str]:
    reached, found = set[str](), [flow.start_at]
    while found:
        name = found.pop()
        if name in flow.states and name not in reached:
            reached.add(name)
            found += [target for _, target in _ways(flow.states[name])]
    return reached


def _terminal(state: State) -> bool:
    return state.next is None and not isinstance(state, Choice)
