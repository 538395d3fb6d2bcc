"""What an experiment is, and what comes of one."""

from collections.abc import Callable
from typing import Any, NamedTuple

Figures = dict[str, Any]


class Effort(NamedTuple):
    """How much is tried."""

    seeds: int
    minutes: float
    examples: int
    sales: int


class Result(NamedTuple):
    """`holds`: the experiment found nothing. `control_fails`: the control found what it has to."""

    figures: Figures
    holds: bool
    control: Figures
    control_fails: bool


class Experiment(NamedTuple):
    """`seconds` is what it takes on two quiet cores with the usual effort."""

    name: str
    promise: str
    control: str
    command: str
    seconds: int
    run: Callable[[Effort], Result]


class Measure(NamedTuple):
    """A benchmark of `benchmarks/`: it promises nothing, so it has no control but the bound or the
    peer that it is measured beside."""

    name: str
    benchmark: str
    words: tuple[str, ...]
    beside: str
    seconds: int
