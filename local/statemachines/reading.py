"""Reading a definition field by field: what is wrong is noted with its place; reading goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.statemachines.errors import KNOWN, Problem
from local.statemachines.expressions import BadExpression, Expressions, Template, is_expression

INPUT = frozenset({"input", "context"})
RESULT = INPUT | {"result"}
CAUGHT = INPUT | {"errorOutput"}

JSONPATH = frozenset(
    {
        *("InputPath", "OutputPath", "ResultPath", "Parameters", "Result", "ResultSelector"),
        *("ItemsPath", "Variable", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"),
        *("TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
        *("ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
    }
)
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")


@dataclass(frozen=True, slots=True)
class Place:
    """An object of the definition and where it stands; all places share one list of problems."""

    at: str
    fields: Mapping[str, Any]
    expressions: Expressions
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, message: str, at: str = "", code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        location = f"{self.at}/{at}" if at else self.at or "/"
        self.problems.append(Problem(code, message, location))

    def inner(self, name: str, value: Any = None) -> "Place":
        """The object in the field `name`, or `value` standing there; refused if it is none."""
        found = self.fields.get(name) if value is None else value
        if not isinstance(found, dict):
            self.refuse(f"'{name}' must be an object", name)
            found = {}
        return Place(f"{self.at}/{name}", found, self.expressions, self.problems)

    def each(self, name: str) -> list["Place"]:
        """The objects of a list in the field `name`; an absent one has none."""
        found = self.fields.get(name, [])
        if not isinstance(found, list):
            self.refuse(f"'{name}' must be a list", name)
            return []
        return [self.inner(f"{name}[{at}]", value) for at, value in enumerate(found)]

    def only(self, known: frozenset[str], what: str) -> None:
        for name in self.fields:
            if name in JSONPATH:
                self.refuse(f"{what}: '{name}' is of JSONPath; only JSONata is supported", name)
            elif name not in known:
                self.refuse(f"{what}: the field '{name}' is not known", name)

    def text(self, name: str, *, required: bool = True) -> str:
        value = self.fields.get(name)
        if isinstance(value, str) and value:
            return value
        if required or name in self.fields:
            self.refuse(f"'{name}' must be a text that is not empty", name)
        return ""

    def number(self, name: str, low: float, high: float, default: float | None) -> float | None:
        value = self.fields.get(name, default)
        if value is None and name not in self.fields:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            self.refuse(f"'{name}' must be a number from {low} to {high}", name)
            return default
        return value

    def whole(self, name: str, low: int, high: int, default: int | None) -> int | None:
        value = self.number(name, low, high, default)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self.refuse(f"'{name}' must be a whole number", name)
        return default

    def template(self, name: str, members: frozenset[str] = INPUT) -> Template | None:
        if name not in self.fields:
            return None
        try:
            return self.expressions.compile(self.fields[name], name, members)
        except BadExpression as error:
            self.refuse(str(error), name)
            return None

    def expression(self, name: str, *plain: type) -> Template | None:
        """A template that must be an expression or a literal of one of the types `plain`."""
        value = self.fields.get(name)
        if name in self.fields and not is_expression(value) and type(value) not in plain:
            wanted = " or ".join(["an expression", *(kind.__name__ for kind in plain)])
            self.refuse(f"'{name}' must be {wanted}", name)
        return self.template(name)

    def amount(self, name: str, low: int, high: int) -> Template | None:
        """A whole number, or an expression that gives one."""
        if not is_expression(self.fields.get(name)):
            self.whole(name, low, high, None)
        return self.template(name)

    def assign(self, members: frozenset[str] = INPUT) -> Template | None:
        if "Assign" not in self.fields:
            return None
        for name in self.inner("Assign").fields:
            if name == "states" or not _VARIABLE.fullmatch(name):
                self.refuse(f"'{name}' is not a name for a variable", "Assign")
        return self.template("Assign", members)

    def errors(self, *, last: bool) -> tuple[str, ...]:
        names = self.fields.get("ErrorEquals")
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            self.refuse("'ErrorEquals' must be a list of error names", "ErrorEquals")
            return ()
        if "States.ALL" in names and (len(names) > 1 or not last):
            self.refuse("'States.ALL' must stand alone and last", "ErrorEquals")
        for name in names:
            if name.startswith("States.") and name not in KNOWN:
                self.refuse(f"'{name}' is no error that States raises", "ErrorEquals")
        return tuple(names)
