"""A view of one mapping of the template that notices what nobody has read."""

from collections.abc import Iterable, Iterator
from typing import Any

from local.template.document import Block
from local.template.errors import Place, TemplateError
from local.template.intrinsics import NO_VALUE, Resolver

_REQUIRED: Any = object()


class Properties:
    """Properties by name, resolved when read. `finish` refuses those that were never read."""

    def __init__(self, raw: Any, resolver: Resolver, place: Place) -> None:
        raw = resolver.unwrap(raw, place)
        if raw is NO_VALUE or raw is None:
            raw = {}
        if not isinstance(raw, dict):
            raise TemplateError(place, "must be a mapping")
        self.place = place
        self.resolver = resolver
        self._raw: dict[str, Any] = raw
        self._lines = raw.lines if isinstance(raw, Block) else {}
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return self.raw(name) is not NO_VALUE

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def at(self, name: str) -> Place:
        return self.place.of(name, self._lines.get(name, 0))

    def raw(self, name: str) -> Any:
        """The value with its outermost intrinsics resolved; NO_VALUE when absent."""
        self._read.add(name)
        if name not in self._raw:
            return NO_VALUE
        return self.resolver.unwrap(self._raw[name], self.at(name))

    def get(self, name: str, default: Any = _REQUIRED) -> Any:
        self._read.add(name)
        value = NO_VALUE
        if name in self._raw:
            value = self.resolver.resolve(self._raw[name], self.at(name))
        if value is not NO_VALUE:
            return value
        if default is _REQUIRED:
            raise TemplateError(self.at(name), "is required")
        return default

    def number(self, name: str, default: float | None = _REQUIRED) -> Any:
        """An int (or a float with a fraction), also when the template spells it as text."""
        value = self.get(name, default)
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise TemplateError(self.at(name), f"{value!r} is not a number") from error
        return int(number) if number.is_integer() else number

    def text(self, name: str, default: str | None = _REQUIRED) -> Any:
        value = self.get(name, default)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return str(value)
        raise TemplateError(self.at(name), "must be text")

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name, default)
        if value in {True, False, "true", "false"}:
            return value in {True, "true"}
        raise TemplateError(self.at(name), f"{value!r} is neither true nor false")

    def one_of(self, name: str, choices: Iterable[str], default: str = _REQUIRED) -> Any:
        value = self.get(name, default)
        if value not in set(choices):
            raise TemplateError(self.at(name), f"{value!r} is none of {', '.join(choices)}")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A mapping of names to text, as environment variables are."""
        return {key: part.text(key) for part in [self.child(name)] for key in part}

    def child(self, name: str) -> "Properties":
        self._read.add(name)
        return Properties(self._raw.get(name), self.resolver, self.at(name))

    def children(self, name: str) -> Iterator[tuple[str, "Properties"]]:
        """The mappings below the mapping `name`, or the mappings of the list `name`."""
        raw = self.raw(name)
        if isinstance(raw, list):
            for index, item in enumerate(raw):
                line = item.line if isinstance(item, Block) else 0
                yield str(index), Properties(item, self.resolver, self.at(name).of(index, line))
            return
        below = self.child(name)
        for key in below:
            if below.raw(key) is not NO_VALUE:
                yield key, below.child(key)

    def leave(self, names: Iterable[str]) -> None:
        """These have no meaning on one machine; they are neither resolved nor refused."""
        self._read.update(names)

    def finish(self) -> None:
        for name in self._raw:
            if name not in self._read:
                raise TemplateError(self.at(name), "is not supported here")
