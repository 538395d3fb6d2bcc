"""Cache-aside: ask the cache, else make the value and leave it there.

Of all who miss a key at once one makes its value, and the others wait a moment for it. A value that
has lived four fifths of its life is made anew by one reader, while the others still take the old.
Without the cache every answer is made: slower, and right.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Generic, NamedTuple, TypeVar

from hub.application.ports.cache import Cache, CacheDownError, Meter, Stored
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
Load = Callable[[Sequence[str]], Mapping[str, Value]]

PREFIX = "cache:"
HIT, MISS, ERROR = "CacheHit", "CacheMiss", "CacheError"

_RESERVED_FOR = timedelta(seconds=2)
_WAIT_SECONDS, _WAITS = 0.02, 15
_STILL_YOUNG = 0.8


@dataclass(frozen=True, slots=True)
class Family(Generic[Value]):
    """Keys of one kind: how long they live, and how a value is text. `decode` may raise anything
    that garbage makes of it: KeyError, TypeError, ValueError, ArithmeticError."""

    name: str
    life: timedelta
    encode: Callable[[Value], str]
    decode: Callable[[str], Value]

    def key(self, name: str) -> str:
        return f"{PREFIX}{self.name}:{name}"


class _Found(NamedTuple, Generic[Value]):
    value: Value
    young: bool


@dataclass(frozen=True, slots=True)
class Aside:
    cache: Cache
    clock: Clock
    meter: Meter
    pause: Callable[[float], None] = sleep

    def read(
        self, family: Family[Value], names: Sequence[str], load: Load[Value]
    ) -> Mapping[str, Value]:
        """By name. What `load` does not give for a name is absent, and not remembered."""
        try:
            found, absent = self._found(family, names)
            missing = [name for name in names if name not in found]
            old = [name for name, each in found.items() if not each.young]
            ours = self._reserve(family, missing + old)
            late = self._made_meanwhile(family, [name for name in ours if name in absent])
        except CacheDownError:
            self.meter.count(ERROR, family.name, 1)
            return load(names)
        self._count(family, len(found), len(missing))
        values = {name: each.value for name, each in {**found, **late}.items()}
        others = [name for name in missing if name not in ours]
        values.update(self._renewed(family, [n for n in ours if n not in late], values, load))
        values.update(self._awaited(family, others, load))
        return values

    def _made_meanwhile(
        self, family: Family[Value], names: Sequence[str]
    ) -> Mapping[str, _Found[Value]]:
        """What another made, and gave back, between our look and our reservation."""
        late = self._found(family, names)[0] if names else {}
        if late:
            self.cache.release([family.key(name) for name in late])
        return late

    def store(self, family: Family[Value], values: Mapping[str, Value]) -> int:
        """Leave values in the cache, whatever is there. How many: none where it is down."""
        texts = {family.key(name): family.encode(value) for name, value in values.items()}
        try:
            self.cache.put(texts, family.life)
        except CacheDownError:
            self.meter.count(ERROR, family.name, 1)
            return 0
        return len(texts)

    def _found(
        self, family: Family[Value], names: Sequence[str]
    ) -> tuple[dict[str, _Found[Value]], list[str]]:
        """What is there by name, and the names under which nothing is."""
        stored = self.cache.get([family.key(name) for name in names])
        decoded = {
            name: self._decoded(family, each)
            for name, each in zip(names, stored, strict=True)
            if each is not None
        }
        found = {name: each for name, each in decoded.items() if each is not None}
        return found, [name for name in names if name not in decoded]

    def _decoded(self, family: Family[Value], stored: Stored) -> _Found[Value] | None:
        try:
            value = family.decode(stored.text)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            logger.exception("a value in the cache cannot be read: %s", family.name)
            self.meter.count(ERROR, family.name, 1)
            return None
        return _Found(value, self.clock.now() - stored.at < family.life * _STILL_YOUNG)

    def _reserve(self, family: Family[Value], names: Sequence[str]) -> list[str]:
        if not names:
            return []
        by_key = {family.key(name): name for name in names}
        return [by_key[key] for key in self.cache.reserve(list(by_key), _RESERVED_FOR)]

    def _renewed(
        self,
        family: Family[Value],
        ours: Sequence[str],
        known: Mapping[str, Value],
        load: Load[Value],
    ) -> Mapping[str, Value]:
        if not ours:
            return {}
        try:
            made = load(ours)
            self.store(family, made)
        except UnavailableError:
            # An old value is better than none, while it may be shown.
            if any(name not in known for name in ours):
                raise
            return {}
        else:
            return made
        finally:
            self._release(family, ours)

    def _release(self, family: Family[Value], names: Sequence[str]) -> None:
        try:
            self.cache.release([family.key(name) for name in names])
        except CacheDownError:
            # Reservations end by themselves.
            self.meter.count(ERROR, family.name, 1)

    def _awaited(
        self, family: Family[Value], names: Sequence[str], load: Load[Value]
    ) -> Mapping[str, Value]:
        """What another is making; made here after all where that takes too long."""
        values: dict[str, Value] = {}
        left = list(names)
        try:
            for _ in range(_WAITS):
                if not left:
                    return values
                self.pause(_WAIT_SECONDS)
                found, _ = self._found(family, left)
                values.update({name: each.value for name, each in found.items()})
                left = [name for name in left if name not in values]
        except CacheDownError:
            self.meter.count(ERROR, family.name, 1)
        if left:
            values.update(load(left))
        return values

    def _count(self, family: Family[Value], hits: int, misses: int) -> None:
        for metric, amount in ((HIT, hits), (MISS, misses)):
            if amount:
                self.meter.count(metric, family.name, amount)
