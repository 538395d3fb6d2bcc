"""The JSONata functions Step Functions adds, and those that must follow the clock and the seed."""

import hashlib
import json
import random as stdlib_random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.utils import Utils

from local.clock import Clock

_ALGORITHMS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
_RANGE_LIMIT = 1000
_STEPS = 500_000


def _hash(content: str | None, algorithm: str | None = None) -> str | None:
    if content is None:
        return None
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash: {algorithm} is not one of {', '.join(_ALGORITHMS)}")
    return hashlib.new(_ALGORITHMS[algorithm], content.encode()).hexdigest()


def _partition(items: list[Any] | None, size: float | None) -> list[list[Any]] | None:
    if items is None or size is None:
        return None
    if size < 1:
        raise ValueError("$partition: the size of a part must be positive")
    step = int(size)
    return [list(items[at : at + step]) for at in range(0, len(items), step)]


def _range(first: float | None, last: float | None, step: float | None) -> list[float] | None:
    if first is None or last is None or step is None:
        return None
    if not step:
        raise ValueError("$range: the step must not be 0")
    count = max(0, int((last - first) // step) + 1)
    if count > _RANGE_LIMIT:
        raise ValueError(f"$range: {count} elements; {_RANGE_LIMIT} are allowed")
    return [first + number * step for number in range(count)]


def _parse(text: str | None) -> Any:
    return None if text is None else nulled(json.loads(text))


def nulled(value: Any) -> Any:
    """JSON's null as the JSONata interpreter tells it from a missing value."""
    return Utils.NULL_VALUE if value is None else value


class _Native:
    """A Python function as the interpreter calls one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def call(self, _input: Any, arguments: Sequence[Any]) -> Any:
        return self.function(*arguments)


def uuid_from(random: Callable[[], float]) -> str:
    """A version 4 UUID drawn from `random`, so that a seeded run repeats its ids."""
    bits = 0
    for _ in range(4):
        bits = bits << 32 | int(random() * 2**32)
    return str(uuid.UUID(int=bits, version=4))


class Budget:
    """Steps that one evaluation may take: an endless loop must not stop all executions."""

    def __init__(self) -> None:
        self.left = _STEPS

    def renew(self) -> None:
        self.left = _STEPS

    def spend(self, _expression: Any, _input: Any, _environment: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"The evaluation takes more than {_STEPS} steps")


def frame(clock: Clock, random: Callable[[], float], budget: Budget) -> Any:
    """The interpreter's functions with ours over them."""

    def millis() -> int:
        return round(clock.now().timestamp() * 1000)

    def now(picture: str | None = None, timezone: str | None = None) -> str | None:
        formatted: str | None = Functions.datetime_from_millis(millis(), picture, timezone)
        return formatted

    def draw(seed: float | None = None) -> float:
        return random() if seed is None else stdlib_random.Random(seed).random()  # noqa: S311  (not secret)

    natives: dict[str, tuple[Callable[..., Any], str]] = {
        "hash": (_hash, "<s-s?:s>"),
        "partition": (_partition, "<an:a>"),
        "range": (_range, "<nnn:a>"),
        "parse": (_parse, "<s-:x>"),
        "uuid": (lambda: uuid_from(random), "<:s>"),
        "random": (draw, "<n?:n>"),
        "now": (now, "<s?s?:s>"),
        "millis": (millis, "<:n>"),
    }
    ours = Jsonata.Frame(Jsonata.static_frame)
    for name, (function, signature) in natives.items():
        ours.bind(name, Jsonata.JFunction(_Native(function), signature))
    ours.bind("__evaluate_entry", budget.spend)
    return ours
