"""The locks: exact versions, a hash for every file, and no address of an index."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from local.audit.findings import Look

_PIN = re.compile(r"(?P<name>[a-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.IGNORECASE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


class Pin(NamedTuple):
    name: str
    version: str
    hashes: int


def read_pins(lock: Path) -> list[Pin]:
    """Raises ValueError for a line that is neither a pin, a hash nor a comment."""
    pins: list[Pin] = []
    for line in _lines(lock):
        pin = _PIN.match(line)
        if pin:
            pins.append(Pin(pin["name"].lower(), pin["version"], 0))
        elif not pins or not line.startswith("--hash="):
            raise ValueError(f"{lock.name}: {line}")
        pins[-1] = pins[-1]._replace(hashes=pins[-1].hashes + len(_HASH.findall(line)))
    return pins


def _lines(lock: Path) -> Iterator[str]:
    for line in lock.read_text(encoding="utf-8").splitlines():
        text = line.partition(" #")[0].strip()
        if text and not text.startswith("#"):
            yield text


def look_at_locks(locks: list[Path]) -> Look:
    looked_at, findings = 0, []
    for lock in locks:
        try:
            pins = read_pins(lock)
        except ValueError as error:
            findings.append(f"no pin: {error}")
            continue
        looked_at += len(pins)
        findings += [f"{lock.name}: {pin.name} has no hash" for pin in pins if not pin.hashes]
    return Look("pins", looked_at, findings)
