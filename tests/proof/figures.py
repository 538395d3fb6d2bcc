"""The benchmarks whose figures a proof states."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.report import Report, record
from tests.proof.results import Measure

_MEASURES = (
    Measure(
        "Order path",
        "order_path",
        ("--rounds", "3", "--transactions", "150", "--seconds", "10"),
        "the same statements and rows under pgbench",
        90,
    ),
    Measure(
        "Throughput of settlement",
        "settlement",
        ("--sizes", "1000", "10000", "100000"),
        "the use case alone and by the state machine",
        180,
    ),
    Measure(
        "Stream",
        "stream",
        ("--part", "ws", "--clients", "2000", "--rounds", "1", "--seconds", "2"),
        "a server in C that only writes, and peers",
        60,
    ),
    Measure("Portfolio", "portfolio", (), "a statement that reads one row", 60),
)


def measures() -> list[Measure]:
    """Those whose benchmark this tree has."""
    return [each for each in _MEASURES if find_spec(f"benchmarks.{each.benchmark}")]


def measured(measure: Measure) -> Mapping[str, Any]:
    report: Report = import_module(f"benchmarks.{measure.benchmark}").measure(measure.words)
    return record(measure.benchmark, report)
