"""Intrinsic functions: a raw template value becomes a plain one, or a TemplateError."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.template.document import Block
from local.template.errors import Place, TemplateError

NO_VALUE = object()

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")

Lookup = Callable[[str, str | None, Place], Any]


class Resolver:
    """Resolves values. `lookup(logical_id, attribute or None, place)` knows resources."""

    def __init__(
        self, parameters: Mapping[str, Any], conditions: Mapping[str, Any], lookup: Lookup
    ) -> None:
        self._parameters = parameters
        self._conditions = conditions
        self._lookup = lookup
        self._truths: dict[str, bool | None] = {}
        self._functions: dict[str, Callable[[Any, Place], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::Not": lambda value, place: not self._all(value, place)[0],
            "Fn::And": lambda value, place: all(self._all(value, place)),
            "Fn::Or": lambda value, place: any(self._all(value, place)),
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Condition": self.condition,
        }

    def resolve(self, value: Any, place: Place) -> Any:
        """The plain value; absent parts (AWS::NoValue) are left out."""
        if isinstance(value, dict):
            if name := _intrinsic(value):
                return self._call(name, value, place)
            return self._mapping(value, place)
        if isinstance(value, list):
            items = [self.resolve(item, place.of(index)) for index, item in enumerate(value)]
            return [item for item in items if item is not NO_VALUE]
        if isinstance(value, str) and "{{resolve:" in value:
            raise TemplateError(place, "dynamic references are not resolved here")
        return value

    def unwrap(self, value: Any, place: Place) -> Any:
        """The value with its outermost intrinsics resolved and what lies below left raw."""
        while isinstance(value, dict) and (name := _intrinsic(value)):
            if name != "Fn::If":
                return self._call(name, value, place)
            value = self._branch(value[name], place)
            if isinstance(value, dict) and value.get("Ref") == "AWS::NoValue":
                return NO_VALUE
        return value

    def condition(self, name: Any, place: Place) -> bool:
        """Whether the named condition holds."""
        if name not in self._conditions:
            raise TemplateError(place, f"no condition {name}")
        if name in self._truths:
            known = self._truths[name]
            if known is None:
                raise TemplateError(place, f"condition {name} depends on itself")
            return known
        self._truths[name] = None
        truth = self.resolve(self._conditions[name], Place("Conditions", name))
        self._truths[name] = bool(truth)
        return bool(truth)

    def _mapping(self, value: dict[str, Any], place: Place) -> dict[str, Any]:
        lines = value.lines if isinstance(value, Block) else {}
        resolved = {
            key: self.resolve(item, place.of(key, lines.get(key, 0))) for key, item in value.items()
        }
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _call(self, name: str, value: dict[str, Any], place: Place) -> Any:
        if isinstance(value, Block):
            place = place._replace(line=value.line)
        function = self._functions.get(name)
        if function is None:
            raise TemplateError(place, f"{name} is not supported")
        try:
            return function(value[name], place)
        except (ValueError, TypeError, IndexError) as error:
            raise TemplateError(place, f"{name} is malformed: {error}") from error

    def _all(self, value: Any, place: Place) -> list[Any]:
        if not isinstance(value, list):
            raise TypeError("a list is needed")
        return [self.resolve(item, place) for item in value]

    def _ref(self, name: Any, place: Place) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        return self._lookup(name, None, place)

    def _get_att(self, value: Any, place: Place) -> Any:
        resource, attribute = value.split(".", 1) if isinstance(value, str) else value
        return self._lookup(resource, attribute, place)

    def _sub(self, value: Any, place: Place) -> str:
        text, given = (value, {}) if isinstance(value, str) else value
        variables = {name: self.resolve(item, place) for name, item in given.items()}

        def substitute(match: re.Match[str]) -> str:
            if match[1]:
                return "${" + match[2] + "}"
            name = match[2].strip()
            if name in variables:
                return _text(variables[name])
            if "." in name:
                return _text(self._get_att(name, place))
            return _text(self._ref(name, place))

        return _VARIABLE.sub(substitute, text)

    def _join(self, value: Any, place: Place) -> str:
        separator, items = value
        return str(separator).join(_text(item) for item in self.resolve(items, place))

    def _branch(self, value: Any, place: Place) -> Any:
        name, yes, no = value
        return yes if self.condition(name, place) else no

    def _if(self, value: Any, place: Place) -> Any:
        return self.resolve(self._branch(value, place), place)

    def _equals(self, value: Any, place: Place) -> bool:
        left, right = self._all(value, place)
        return _text(left) == _text(right)

    def _select(self, value: Any, place: Place) -> Any:
        index, items = value
        return self.resolve(items, place)[int(self.resolve(index, place))]

    def _split(self, value: Any, place: Place) -> list[str]:
        separator, text = value
        return _text(self.resolve(text, place)).split(separator)


def _intrinsic(value: dict[str, Any]) -> str | None:
    if len(value) != 1:
        return None
    (name,) = value
    return name if name == "Ref" or name.startswith("Fn::") or _is_condition(value) else None


def _is_condition(value: dict[str, Any]) -> bool:
    return isinstance(value.get("Condition"), str)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"{value!r} is not text")
