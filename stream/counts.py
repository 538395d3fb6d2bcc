"""What the task counts while it runs; told as metrics."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """`connections` are those open now, by protocol; all else only grows."""

    connections: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    sends: int = 0
    conflated: int = 0
    dropped: int = 0
