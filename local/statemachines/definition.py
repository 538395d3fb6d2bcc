"""From a definition to a machine: every field of every state is read, and all must be known."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from local.statemachines import resources, ways
from local.statemachines.errors import InvalidDefinition
from local.statemachines.expressions import Expressions
from local.statemachines.model import (
    Batcher,
    Catcher,
    Choice,
    Fail,
    Flow,
    Kind,
    Machine,
    Map,
    Parallel,
    Retrier,
    Rule,
    State,
    Task,
    Wait,
)
from local.statemachines.reading import CAUGHT, INPUT, RESULT, Place

_LONGEST = 99_999_999
_COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
_ONWARD = frozenset({"Next", "End", "Assign", "Output"})
_GUARD = frozenset({"Retry", "Catch"})
_FIELDS: Mapping[str, frozenset[str]] = {
    "Task": _ONWARD | _GUARD | {"Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds"},
    "Pass": _ONWARD,
    "Wait": _ONWARD | {"Seconds", "Timestamp"},
    "Choice": frozenset({"Choices", "Default", "Assign", "Output"}),
    "Succeed": frozenset({"Output"}),
    "Fail": frozenset({"Error", "Cause"}),
    "Parallel": _ONWARD | _GUARD | {"Arguments", "Branches"},
    "Map": _ONWARD | _GUARD | {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency",
                               "ToleratedFailureCount", "ToleratedFailurePercentage"},
}  # fmt: skip
_DISTRIBUTED_ONLY = frozenset({"ItemBatcher", "Label"})
_RETRIER = frozenset(
    {"Comment", "ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds"}
) | {"JitterStrategy"}
_CATCHER = frozenset({"Assign", "Comment", "ErrorEquals", "Next", "Output"})


class _Reader(NamedTuple):
    kind: Kind
    calls: frozenset[str]
    """The integrations that this engine can reach."""
    language: str
    named: set[str]
    """The names of all states read so far: unique in the whole machine."""

    def flow(self, place: Place, outer: frozenset[str]) -> Flow:
        """`outer` are the variables that the flow can read and may not shadow."""
        found = place.inner("States")
        assigned = frozenset(ways.assigned(found))
        for name in sorted(assigned & outer):
            place.refuse(f"the variable '{name}' is already assigned outside")
        states = {
            name: self.state(found.inner(name), name, outer | assigned) for name in found.fields
        }
        flow = Flow(place.text("StartAt"), states)
        ways.check(place, flow)
        return flow

    def state(self, place: Place, name: str, seen: frozenset[str]) -> State:
        if name in self.named or len(name) > 80:
            place.refuse(f"the name '{name}' is taken, or longer than 80 characters")
        self.named.add(name)
        if place.fields.get("QueryLanguage", self.language) != "JSONata":
            place.refuse(f"state '{name}' is in JSONPath; only JSONata is supported")
        read = self._readers().get(str(place.fields.get("Type")))
        if read is None:
            place.refuse(f"state '{name}' is of no known Type", "Type")
            return State(name=name, type="")
        return read(place, seen, {"name": name, "type": place.fields["Type"]})

    def _readers(self) -> Mapping[str, Callable[[Place, frozenset[str], dict[str, Any]], State]]:
        return {
            "Task": self._task,
            "Parallel": self._parallel,
            "Map": self._map,
            "Pass": _pass,
            "Wait": _wait,
            "Choice": _choice,
            "Succeed": _succeed,
            "Fail": _fail,
        }

    def _task(self, place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
        _only(place, common)
        resource = resources.read(place, self.kind, self.calls)
        if "HeartbeatSeconds" in place.fields and resource.pattern != "token":
            place.refuse("only a task that waits for its token has heartbeats", "HeartbeatSeconds")
        return Task(
            resource=resource,
            arguments=place.template("Arguments"),
            timeout=place.amount("TimeoutSeconds", 1, _LONGEST),
            heartbeat=place.amount("HeartbeatSeconds", 1, _LONGEST),
            **_guard(place),
            **_onward(place, RESULT),
            **common,
        )

    def _parallel(self, place: Place, seen: frozenset[str], common: dict[str, Any]) -> State:
        _only(place, common)
        branches = place.each("Branches")
        if not branches:
            place.refuse("'Branches' must not be empty", "Branches")
        for branch in branches:
            branch.only(frozenset({"Comment", "StartAt", "States"}), "a branch")
        return Parallel(
            branches=tuple(self.flow(branch, seen) for branch in branches),
            arguments=place.template("Arguments"),
            **_guard(place),
            **_onward(place, RESULT),
            **common,
        )

    def _map(self, place: Place, seen: frozenset[str], common: dict[str, Any]) -> State:
        processor = place.inner("ItemProcessor")
        processor.only(
            frozenset({"Comment", "ProcessorConfig", "StartAt", "States"}), "a processor"
        )
        inside = self._inside(processor)
        _only(place, common, _DISTRIBUTED_ONLY if inside else frozenset())
        place.text("Label", required=False)
        return Map(
            flow=inside.flow(processor, frozenset()) if inside else self.flow(processor, seen),
            distributed=inside is not None,
            items=place.expression("Items", list, dict),
            selector=place.template("ItemSelector"),
            batcher=_batcher(place.inner("ItemBatcher")) if "ItemBatcher" in place.fields else None,
            concurrency=place.amount("MaxConcurrency", 0, 10_000),
            tolerated_count=place.amount("ToleratedFailureCount", 0, 10_000_000),
            tolerated_percentage=place.amount("ToleratedFailurePercentage", 0, 100),
            **_guard(place),
            **_onward(place, RESULT),
            **common,
        )

    def _inside(self, processor: Place) -> "_Reader | None":
        """Who reads the child executions of a Distributed Map; None for an inline one."""
        if "ProcessorConfig" not in processor.fields:
            return None
        config = processor.inner("ProcessorConfig")
        config.only(frozenset({"Mode", "ExecutionType"}), "a processor's configuration")
        mode, kind = config.fields.get("Mode", "INLINE"), config.fields.get("ExecutionType")
        if mode not in {"INLINE", "DISTRIBUTED"}:
            config.refuse("'Mode' must be INLINE or DISTRIBUTED", "Mode")
        if mode != "DISTRIBUTED":
            return None
        if kind not in {"EXPRESS", "STANDARD"}:
            config.refuse("'ExecutionType' must be EXPRESS or STANDARD", "ExecutionType")
        if self.kind == "EXPRESS":
            config.refuse("an EXPRESS machine has no Distributed Map", "Mode")
        return self._replace(kind="EXPRESS" if kind == "EXPRESS" else "STANDARD")


def read(
    arn: str,
    definition: Mapping[str, Any],
    kind: Kind,
    *,
    expressions: Expressions,
    calls: frozenset[str],
    now: datetime,
) -> Machine:
    """The machine that `definition` describes. Raises InvalidDefinition with every problem."""
    place = Place("", definition, expressions)
    known = {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
    place.only(frozenset(known), "the machine")
    if place.fields.get("Version", "1.0") != "1.0":
        place.refuse("'Version' must be 1.0", "Version")
    language = place.fields.get("QueryLanguage", "JSONPath")
    flow = _Reader(kind, calls, language, set()).flow(place, frozenset())
    timeout = place.whole("TimeoutSeconds", 1, _LONGEST, None)
    if place.problems:
        raise InvalidDefinition(place.problems)
    return Machine(arn, arn.rpartition(":")[2], kind, flow, timeout, now, definition)


def _only(place: Place, common: dict[str, Any], more: frozenset[str] = frozenset()) -> None:
    what = f"state '{common['name']}'"
    place.only(_COMMON | _FIELDS[common["type"]] | more, what)


def _onward(place: Place, members: frozenset[str]) -> dict[str, Any]:
    ends = place.fields.get("End", False)
    if ends not in {True, False} or ("Next" in place.fields) == bool(ends):
        place.refuse("a state has either 'Next' or 'End': true")
    return {
        "next": None if ends is True else place.text("Next", required=False) or None,
        "assign": place.assign(members),
        "output": place.template("Output", members),
    }


def _guard(place: Place) -> dict[str, Any]:
    retriers, catchers = place.each("Retry"), place.each("Catch")
    return {
        "retriers": tuple(_retrier(at, last=at is retriers[-1]) for at in retriers),
        "catchers": tuple(_catcher(at, last=at is catchers[-1]) for at in catchers),
    }


def _retrier(place: Place, *, last: bool) -> Retrier:
    place.only(_RETRIER, "a retrier")
    jitter = place.fields.get("JitterStrategy", "NONE")
    if jitter not in {"NONE", "FULL"}:
        place.refuse("'JitterStrategy' must be NONE or FULL", "JitterStrategy")
    interval = place.whole("IntervalSeconds", 1, _LONGEST, 1) or 1
    ceiling = place.whole("MaxDelaySeconds", 1, 31_622_400, None)
    if ceiling is not None and ceiling <= interval:
        place.refuse("'MaxDelaySeconds' must be more than 'IntervalSeconds'", "MaxDelaySeconds")
    attempts = place.whole("MaxAttempts", 0, _LONGEST, 3)
    backoff = place.number("BackoffRate", 1, 1_000_000, 2.0) or 2.0
    errors = place.errors(last=last)
    return Retrier(errors, interval, attempts or 0, backoff, ceiling, jitter == "FULL")


def _catcher(place: Place, *, last: bool) -> Catcher:
    place.only(_CATCHER, "a catcher")
    return Catcher(
        place.errors(last=last),
        place.text("Next"),
        place.assign(CAUGHT),
        place.template("Output", CAUGHT),
    )


def _pass(place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
    _only(place, common)
    return State(**_onward(place, INPUT), **common)


def _wait(place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
    _only(place, common)
    if ("Seconds" in place.fields) == ("Timestamp" in place.fields):
        place.refuse("a Wait has either 'Seconds' or 'Timestamp'")
    return Wait(
        seconds=place.amount("Seconds", 0, _LONGEST),
        timestamp=place.expression("Timestamp", str),
        **_onward(place, INPUT),
        **common,
    )


def _choice(place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
    _only(place, common)
    rules = place.each("Choices")
    if not rules:
        place.refuse("'Choices' must not be empty", "Choices")
    return Choice(
        rules=tuple(_rule(rule) for rule in rules),
        next=place.text("Default", required=False) or None,
        assign=place.assign(),
        output=place.template("Output"),
        **common,
    )


def _rule(place: Place) -> Rule:
    place.only(frozenset({"Assign", "Comment", "Condition", "Next", "Output"}), "a rule")
    if "Condition" not in place.fields:
        place.refuse("'Condition' is required", "Condition")
    return Rule(
        place.expression("Condition", bool) or (lambda _scope: False),
        place.text("Next"),
        place.assign(),
        place.template("Output"),
    )


def _succeed(place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
    _only(place, common)
    return State(output=place.template("Output"), **common)


def _fail(place: Place, _seen: frozenset[str], common: dict[str, Any]) -> State:
    _only(place, common)
    error, cause = place.expression("Error", str), place.expression("Cause", str)
    return Fail(error=error, cause=cause, **common)


def _batcher(place: Place) -> Batcher:
    known = frozenset({"BatchInput", "MaxInputBytesPerBatch", "MaxItemsPerBatch"})
    place.only(known, "a batcher")
    if not place.fields.keys() & {"MaxInputBytesPerBatch", "MaxItemsPerBatch"}:
        place.refuse("a batcher has 'MaxItemsPerBatch' or 'MaxInputBytesPerBatch'")
    return Batcher(
        place.amount("MaxItemsPerBatch", 1, 10_000_000),
        place.amount("MaxInputBytesPerBatch", 1, 262_144),
        place.template("BatchInput"),
    )
