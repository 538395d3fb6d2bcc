"""`./dev simulate`: seeds of the simulation of failures (tests/simulation)."""

from collections.abc import Sequence
from importlib import import_module


def simulate(words: Sequence[str]) -> int:
    """0 when every seed held."""
    result: int = import_module("tests.simulation.program").simulate(words)
    return result
