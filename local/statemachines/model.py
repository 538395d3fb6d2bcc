"""A state machine that was read and found sound, its expressions compiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from local.statemachines.expressions import Template

Kind = Literal["EXPRESS", "STANDARD"]


@dataclass(frozen=True, slots=True)
class Retrier:
    errors: tuple[str, ...]
    interval: float = 1
    attempts: int = 3
    backoff: float = 2.0
    ceiling: float | None = None
    jitter: bool = False

    def delay(self, attempt: int, drawn: float) -> float:
        """Seconds before the retry number `attempt`, from 1; `drawn` is in [0, 1)."""
        seconds = self.interval * self.backoff ** (attempt - 1)
        if self.ceiling is not None:
            seconds = min(seconds, self.ceiling)
        return seconds * drawn if self.jitter else seconds


@dataclass(frozen=True, slots=True)
class Catcher:
    errors: tuple[str, ...]
    next: str
    assign: Template | None
    output: Template | None


@dataclass(frozen=True, slots=True)
class Rule:
    condition: Template
    next: str
    assign: Template | None
    output: Template | None


@dataclass(frozen=True, slots=True)
class Resource:
    """What a Task calls: `service:action` and how it waits, or a function's own ARN."""

    call: str
    pattern: Literal["", "sync", "token"] = ""
    function: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    name: str
    type: str
    next: str | None = None
    assign: Template | None = None
    output: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded(State):
    """A state whose failure may be retried and caught."""

    arguments: Template | None = None
    retriers: tuple[Retrier, ...] = ()
    catchers: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Guarded):
    resource: Resource
    timeout: Template | None = None
    heartbeat: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    seconds: Template | None = None
    timestamp: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    error: Template | None = None
    cause: Template | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """States walked from one of them; a machine's, a branch's or an item's."""

    start_at: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Guarded):
    branches: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Batcher:
    items: Template | None
    size: Template | None
    shared: Template | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Guarded):
    flow: Flow
    distributed: bool = False
    items: Template | None = None
    selector: Template | None = None
    batcher: Batcher | None = None
    concurrency: Template | None = None
    tolerated_count: Template | None = None
    tolerated_percentage: Template | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    arn: str
    name: str
    kind: Kind
    flow: Flow
    timeout: float | None
    registered: datetime
    definition: Mapping[str, Any] = field(repr=False)
