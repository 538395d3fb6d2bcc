"""What every process has: time, ids, chance, and the state of what it depends on."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time, UTC."""


class Ids(Protocol):
    def new(self) -> str:
        """A UUIDv7: ids made later sort later."""


class Secrets(Protocol):
    def token(self) -> str:
        """256 bits that nobody can guess, fit for a URL."""


class Probe(NamedTuple):
    """How one dependency answers."""

    name: str
    healthy: bool
    detail: str


class Health(Protocol):
    def probes(self) -> Sequence[Probe]: ...
