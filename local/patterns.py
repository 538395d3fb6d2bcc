"""Event patterns of EventBridge: compiled once, refused when they say what is not known here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Matcher = Callable[[Any], bool]
# Given the values at one field: all of an array's, none when the field is absent.
FieldTest = Callable[[Sequence[Any]], bool]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def compile_pattern(pattern: Mapping[str, Any]) -> Matcher:
    """A test of whole events. Raises ValueError for what AWS would refuse or this cannot do."""
    if not pattern:
        raise ValueError("an event pattern must name at least one field")
    tests = [_member(name, wanted) for name, wanted in pattern.items()]
    return lambda event: all(test(event) for test in tests)


def _member(name: str, wanted: Any) -> Matcher:
    if name == "$or":
        if not isinstance(wanted, list) or len(wanted) < 2:
            raise ValueError("$or needs a list of at least two patterns")
        branches = [compile_pattern(branch) for branch in wanted]
        return lambda event: any(branch(event) for branch in branches)
    if isinstance(wanted, Mapping):
        inner = compile_pattern(wanted)
        return lambda event: any(inner(value) for value in _below(event, name))
    if not (isinstance(wanted, list) and wanted):
        raise ValueError(f"{name}: the wanted values must be a list that is not empty")
    tests = [_field_test(name, item) for item in wanted]
    return lambda event: any(test(_leaves(event, name)) for test in tests)


def _below(event: Any, name: str) -> Sequence[Any]:
    """The objects to look into; an absent one counts as empty, so that `exists: false` holds."""
    value = event.get(name) if isinstance(event, Mapping) else None
    return value if isinstance(value, list) and value else [value]


def _leaves(event: Any, name: str) -> Sequence[Any]:
    if not isinstance(event, Mapping) or name not in event:
        return ()
    value = event[name]
    values = value if isinstance(value, list) else [value]
    return [leaf for leaf in values if not isinstance(leaf, Mapping)]


def _field_test(name: str, item: Any) -> FieldTest:
    if isinstance(item, Mapping):
        if len(item) != 1:
            raise ValueError(f"{name}: one operator to an object")
        ((operator, operand),) = item.items()
        return _operator(name, operator, operand)
    if not _is_literal(item):
        raise ValueError(f"{name}: {item!r} is no value to compare with")
    return lambda values: any(_same(value, item) for value in values)


def _same(value: Any, wanted: Any) -> bool:
    """JSON's equality: 1 is 1.0 but not true."""
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _operator(name: str, operator: str, operand: Any) -> FieldTest:
    if operator == "exists":
        if operand is not True and operand is not False:
            raise ValueError(f"{name}: exists is true or false")
        return lambda values: bool(values) == operand
    if operator == "anything-but":
        unwanted = _unwanted(name, operand)
        return lambda values: any(not unwanted(value) for value in values)
    if operator == "numeric":
        numeric = _numeric(name, operand)
        return lambda values: any(numeric(value) for value in values)
    text = _text(name, operator, operand)
    return lambda values: any(text(value) for value in values)


def _unwanted(name: str, operand: Any) -> Matcher:
    if isinstance(operand, Mapping):
        if len(operand) != 1:
            raise ValueError(f"{name}: one operator to an object")
        ((operator, inner),) = operand.items()
        options = inner if isinstance(inner, list) else [inner]
        texts = [_text(name, operator, option) for option in options]
        return lambda value: any(text(value) for text in texts)
    wanted = operand if isinstance(operand, list) else [operand]
    if not wanted:
        raise ValueError(f"{name}: anything-but needs a value")
    return lambda value: any(_same(value, item) for item in wanted)


def _text(name: str, operator: str, operand: Any) -> Matcher:
    fold = isinstance(operand, Mapping) and list(operand) == ["equals-ignore-case"]
    wanted = operand["equals-ignore-case"] if fold else operand
    if type(wanted) is not str:
        raise ValueError(f"{name}: {operator} needs a string")
    if fold and operator in {"prefix", "suffix"}:
        plain = _text(name, operator, wanted.lower())
        return lambda value: isinstance(value, str) and plain(value.lower())
    tests: dict[str, Callable[[str], bool]] = {
        "prefix": lambda value: value.startswith(wanted),
        "suffix": lambda value: value.endswith(wanted),
        "equals-ignore-case": lambda value: value.lower() == wanted.lower(),
    }
    if fold or operator not in tests:
        raise ValueError(f"{name}: the operator {operator!r} is not known")
    test = tests[operator]
    return lambda value: isinstance(value, str) and test(value)


def _numeric(name: str, operand: Any) -> Matcher:
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        raise ValueError(f"{name}: numeric needs one or two comparisons")
    bounds = list(zip(operand[::2], operand[1::2], strict=True))
    for comparison, bound in bounds:
        if comparison not in _COMPARE or not _is_number(bound):
            raise ValueError(f"{name}: {comparison!r} {bound!r} is no comparison")
    return lambda value: (
        _is_number(value) and all(_COMPARE[sign](value, bound) for sign, bound in bounds)
    )


def _is_literal(item: Any) -> bool:
    return item is None or isinstance(item, str | int | float)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
