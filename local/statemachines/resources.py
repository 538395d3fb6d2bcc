"""What a Task may call: the resources the engine knows, and what each takes as arguments."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from local.statemachines.expressions import is_expression
from local.statemachines.model import Kind, Resource
from local.statemachines.reading import Place

_FUNCTION = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,140}(:[\w$-]+)?")
_INTEGRATION = re.compile(r"arn:aws:states:::(\w+:\w+)(?:\.(sync|sync:2|waitForTaskToken))?")


class _Call(NamedTuple):
    patterns: frozenset[str]
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


_PLAIN_OR_TOKEN = frozenset({"", "token"})
_CALLS: Mapping[str, _Call] = {
    "lambda:invoke": _Call(
        _PLAIN_OR_TOKEN, frozenset({"FunctionName"}), frozenset({"Payload", "Qualifier"})
    ),
    "sqs:sendMessage": _Call(
        _PLAIN_OR_TOKEN,
        frozenset({"MessageBody", "QueueUrl"}),
        frozenset(
            {"DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"}
        ),
    ),
    "events:putEvents": _Call(_PLAIN_OR_TOKEN, frozenset({"Entries"})),
    "states:startExecution": _Call(
        frozenset({"", "sync", "token"}),
        frozenset({"StateMachineArn"}),
        frozenset({"Input", "Name"}),
    ),
}
_PATTERNS: Mapping[str | None, Literal["", "sync", "token"]] = {
    None: "",
    "sync:2": "sync",
    "waitForTaskToken": "token",
}


def read(place: Place, kind: Kind, reachable: frozenset[str]) -> Resource:
    """The resource of the Task at `place`; the engine can reach those in `reachable`."""
    named = place.text("Resource")
    if _FUNCTION.fullmatch(named):
        return Resource("lambda", function=named)
    parsed = _INTEGRATION.fullmatch(named)
    call = _CALLS.get(parsed[1]) if parsed and parsed[1] in reachable else None
    pattern = _PATTERNS.get(parsed[2]) if parsed else None
    if parsed is None or call is None or pattern is None or pattern not in call.patterns:
        if named:
            place.refuse(f"the resource '{named}' is not known", "Resource")
        return Resource("lambda")
    if pattern and kind == "EXPRESS":
        place.refuse(f"an EXPRESS machine cannot wait for '{named}'", "Resource")
    _check_arguments(place, call)
    return Resource(parsed[1], pattern)


def _check_arguments(place: Place, call: _Call) -> None:
    given = place.fields.get("Arguments")
    if is_expression(given):
        return
    arguments = place.inner("Arguments")
    arguments.only(call.required | call.optional, "Arguments")
    for name in sorted(call.required - set(arguments.fields)):
        arguments.refuse(f"'{name}' is required", name)
