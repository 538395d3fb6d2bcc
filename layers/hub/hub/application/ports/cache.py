"""A cache: texts under keys, each for a while. What is in it can always be had without it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    text: str
    at: datetime


class Entry(NamedTuple):
    """That a key is there, and since when."""

    key: str
    at: datetime


class CacheDownError(Exception):
    """The cache does not answer; who asks does without."""


class Cache(Protocol):
    """Every method may raise CacheDownError."""

    def get(self, keys: Sequence[str]) -> Sequence[Stored | None]: ...

    def put(self, texts: Mapping[str, str], life: timedelta) -> None: ...

    def reserve(self, keys: Sequence[str], life: timedelta) -> Sequence[str]:
        """Those of the keys that nobody else is making at present: who asks makes them."""

    def release(self, keys: Sequence[str]) -> None:
        """What was reserved is made, or will not be."""

    def drop(self, keys: Sequence[str]) -> int:
        """How many of them were there."""

    def entries(self, start: str) -> Sequence[Entry]:
        """Everything whose key starts so, in no order."""


class Meter(Protocol):
    def count(self, metric: str, family: str, amount: int) -> None:
        """So many times more did this happen to a family of keys."""
