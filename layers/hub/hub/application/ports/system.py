"""What every process has: time, ids, chance, limits, and the state of what it depends on."""

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


class Allowance(NamedTuple):
    """Of `limit` requests a minute `remaining` are left, all of them again after `reset` seconds.

    `wait` is 0 where this request may go on; else the seconds until one may.
    """

    who: str
    limit: int
    remaining: int
    reset: int
    wait: int


class Limits(Protocol):
    def customer(self, customer_id: str, at: datetime) -> Allowance | None:
        """None where nothing is counted."""

    def address(self, address: str, at: datetime) -> Allowance | None: ...
