"""`./dev chaos`: a platform of its own under load, of which something is killed all the time."""

from collections.abc import Sequence
from importlib import import_module


def chaos(words: Sequence[str]) -> int:
    """0 when nothing was lost or doubled."""
    result: int = import_module("tests.e2e.chaos").chaos(words)
    return result
