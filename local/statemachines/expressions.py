"""JSONata in definitions: `{% %}` strings compiled once, and evaluated against a state's scope."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.utils import Utils

from local.clock import Clock
from local.statemachines import functions
from local.statemachines.errors import QUERY_EVALUATION, StateError

Scope = Mapping[str, Any]
"""What an expression sees: the variables by name, and `states`."""
Template = Callable[[Scope], Any]
"""A value of a definition, evaluated: plain JSON of the caller's own. Raises StateError."""

_OPEN, _CLOSE = "{%", "%}"
_MISSING = object()
_THROWN = (
    ArithmeticError,
    AttributeError,
    JException,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_UNQUALIFIED = ("steps", "stages", "predicate", "group", "body", "pattern", "update", "delete")


class BadExpression(Exception):  # noqa: N818  (a problem of a definition, not of a run)
    """An expression that cannot be compiled, or that asks for what its place does not have."""


def is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(_OPEN)


class Expressions:
    """Compiles the expressions of one engine; its clock and randomness are theirs."""

    def __init__(self, clock: Clock, random: Callable[[], float]) -> None:
        self._budget = functions.Budget()
        self._frame = functions.frame(clock, random, self._budget)

    def compile(self, value: Any, field: str, members: frozenset[str]) -> Template:
        """`members` are those of `$states` that may be read at `field`. Raises BadExpression."""
        if is_expression(value):
            return self._expression(value, field, members)
        if isinstance(value, dict):
            parts = {k: self.compile(v, f"{field}/{k}", members) for k, v in value.items()}
            return lambda scope: {name: part(scope) for name, part in parts.items()}
        if isinstance(value, list):
            each = [self.compile(v, f"{field}[{at}]", members) for at, v in enumerate(value)]
            return lambda scope: [part(scope) for part in each]
        return lambda _scope: value

    def _expression(self, text: str, field: str, members: frozenset[str]) -> Template:
        if not text.endswith(_CLOSE) or len(text) < len(_OPEN + _CLOSE):
            raise BadExpression(f"'{text}' opens with {_OPEN} and does not close with {_CLOSE}")
        source = text[len(_OPEN) : -len(_CLOSE)].strip()
        try:
            compiled = Jsonata(source)
        except JException as error:
            raise BadExpression(f"'{source}' is not JSONata: {error}") from error
        _check(compiled.ast, source, members)
        compiled.environment.parent = self._frame
        compiled.set_output_convert_nulls(False)
        slow = self._interpreted(compiled, source, field)
        path = _plain_path(compiled.ast)
        return slow if path is None else _walked(path, slow)

    def _interpreted(self, compiled: Any, source: str, field: str) -> Template:
        where = f"The JSONata expression '{source}' specified for the field '{field}'"

        def evaluate(scope: Scope) -> Any:
            self._budget.renew()
            try:
                result = compiled.evaluate(None, scope)
                if result is None:
                    raise StateError(QUERY_EVALUATION, f"{where} returned nothing (undefined).")
                return _plain(result)
            except _THROWN as e:
                raise StateError(QUERY_EVALUATION, f"{where} threw an error. {e}") from e

        return evaluate


def _plain(value: Any) -> Any:
    """The interpreter's value as plain JSON; numbers as JavaScript prints them."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {name: _plain(element) for name, element in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number")
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError("The result is a function")


def _plain_path(ast: Any) -> list[str] | None:
    """The names of `$variable.name.name`; None for all else."""
    if ast.type == "variable" and not _decorated(ast):
        return [ast.value]
    if ast.type != "path" or ast.keep_singleton_array or _decorated(ast):
        return None
    steps = ast.steps
    kinds = ["variable"] + ["name"] * (len(steps) - 1)
    if [step.type for step in steps] != kinds or any(_decorated(step) for step in steps):
        return None
    return [step.value for step in steps]


def _decorated(symbol: Any) -> bool:
    names = ("stages", "predicate", "group", "keep_array", "tuple", "focus", "index", "ancestor")
    return any(getattr(symbol, name, None) for name in names)


def _walked(path: list[str], slow: Template) -> Template:
    """Reads a path of objects itself, some ten times as fast; leaves all else to JSONata."""

    def evaluate(scope: Scope) -> Any:
        value: Any = scope
        for name in path:
            value = value.get(name, _MISSING) if isinstance(value, Mapping) else _MISSING
            if value is _MISSING or isinstance(value, list):
                return slow(scope)
        return _plain(value)

    return evaluate


def _check(ast: Any, source: str, members: frozenset[str]) -> None:
    for symbol in _symbols(ast):
        if symbol.type == "variable" and symbol.value == "eval":
            raise BadExpression(f"'{source}' calls $eval, which Step Functions does not have")
        if symbol.type == "path" and [s.value for s in symbol.steps[:1]] == ["states"]:
            member = symbol.steps[1].value if len(symbol.steps) > 1 else ""
            if symbol.steps[0].type == "variable" and member not in members:
                raise BadExpression(f"'{source}' reads $states.{member}, which this place lacks")
    _check_context(ast, source)


def _symbols(part: Any) -> Iterator[Any]:
    if isinstance(part, list | tuple):
        for element in part:
            yield from _symbols(element)
    elif isinstance(part, Parser.Symbol):
        yield part
        for value in vars(part).values():
            if isinstance(value, list | tuple | Parser.Symbol):
                yield from _symbols(value)


def _check_context(part: Any, source: str) -> None:
    """At the top there is no `$`: only what a path or a function has entered has a context."""
    if isinstance(part, list | tuple):
        for element in part:
            _check_context(element, source)
    if not isinstance(part, Parser.Symbol):
        return
    first = part.steps[0] if part.type == "path" else part
    if first.type == "name" or (first.type == "variable" and first.value in {"", "$"}):
        name = first.value if first.type == "name" else f"${first.value}"
        raise BadExpression(f"'{source}' reads {name} where there is no context: say $states.input")
    for name, value in vars(part).items():
        if name not in _UNQUALIFIED:
            _check_context(value, source)
    if part.type == "path" and first.type not in {"name", "variable"}:
        _check_context(first, source)
