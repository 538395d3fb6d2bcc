"""What a benchmark found: figures, some with a target, as a table for people and as JSON."""

import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One number. `least` or `most` is the target, where there is one."""

    name: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most


class Report(NamedTuple):
    """`notes` say what a reader must know to judge the figures; `details` go to the JSON only.

    `ratios` stand at the JSON's first level, where a program looks for them.
    """

    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    details: Mapping[str, Any] = {}
    ratios: Mapping[str, float] = {}


def table(title: str, report: Report) -> str:
    """The figures in columns, each beside its target."""
    width = max((len(each.name) for each in report.figures), default=0)
    lines = [title, ""]
    for each in report.figures:
        line = f"  {each.name:{width}}  {shown(each.value):>10} {each.unit:5} {_target(each)}"
        lines.append(line.rstrip())
    return "\n".join([*lines, *(["", *report.notes] if report.notes else [])])


def record(name: str, report: Report) -> dict[str, Any]:
    """The same for programs, with the machine it was measured on."""
    return {
        "benchmark": name,
        **report.ratios,
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        },
        "figures": {
            each.name: {
                key: value
                for key, value in {**each._asdict(), "met": each.met}.items()
                if key != "name" and value not in (None, "")
            }
            for each in report.figures
        },
        "notes": list(report.notes),
        "details": dict(report.details),
    }


def flattened(found: Mapping[str, Any], name: str = "") -> Iterator[Figure]:
    """A figure per number of nested mappings, named by the way to it."""
    for key, value in found.items():
        path = f"{name} {key}".strip()
        if isinstance(value, Mapping):
            yield from flattened(value, path)
        else:
            yield Figure(path, float(value))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values, so no percentile")
    rank = -(-len(ordered) * round(share * 1000) // 1000)
    return ordered[max(rank, 1) - 1]


class Ratio(NamedTuple):
    """How a thing compares with its reference over rounds that each measured both."""

    median: float
    best: float


def ratio(reference: Sequence[float], thing: Sequence[float]) -> Ratio:
    """Above 1 the thing is faster: both are seconds. `best` compares the best round of each."""
    pairs = zip(reference, thing, strict=True)
    return Ratio(
        statistics.median(theirs / ours for theirs, ours in pairs), min(reference) / min(thing)
    )


def shown(value: float) -> str:
    """Three digits that matter, and no exponent."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def _target(figure: Figure) -> str:
    if figure.met is None:
        return ""
    words = f"at least {figure.least}" if figure.least is not None else f"at most {figure.most}"
    return f"{'ok    ' if figure.met else 'MISSED'} {words}"
