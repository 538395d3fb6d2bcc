"""Notices that files below a folder have changed, by their names, times and sizes."""

import os
from collections.abc import Iterable
from pathlib import Path

Fingerprint = int


def fingerprint(folder: Path) -> Fingerprint:
    """A number that changes when a file below the folder does. Compiled files do not count."""
    return hash(tuple(sorted(_states(folder))))


def _states(folder: Path) -> Iterable[tuple[str, int, int]]:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and name[0] != "."]
        for name in files:
            path = f"{root}/{name}"
            try:
                state = os.stat(path)  # noqa: PTH116 -- a hundred of these, every second
            except FileNotFoundError:
                continue
            yield path, state.st_mtime_ns, state.st_size
