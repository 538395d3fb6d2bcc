"""One run of a machine: where it stands, how it ended, and what happened on the way."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from local.clock import Clock
from local.statemachines.errors import StateError
from local.statemachines.payload import text_of

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
Event = dict[str, Any]


@dataclass(slots=True)
class Position:
    """The state that an execution is in, and all it needs to be entered again.

    `done` is what the children of a Distributed Map gave that failed all the same: by a redrive
    they are not run again. `redriven` until the state has been entered for that.
    """

    state: str
    input: Any
    variables: dict[str, Any]
    entered: datetime
    done: list[tuple[int, Any]] = field(default_factory=list)
    redriven: bool = False


@dataclass(slots=True)
class History:
    """Numbers the events of one execution; those not yet journalled are `fresh`."""

    clock: Clock
    count: int = 0
    fresh: list[Event] = field(default_factory=list)

    def add(self, kind: str, previous: int, details: dict[str, Any]) -> int:
        self.count += 1
        event: Event = {
            "id": self.count,
            "previousEventId": previous,
            "timestamp": self.clock.now().timestamp(),
            "type": kind,
        }
        if details:
            event[_details_of(kind)] = {
                name: text_of(value) if name in {"input", "output", "parameters"} else value
                for name, value in details.items()
            }
        self.fresh.append(event)
        return self.count


def _details_of(kind: str) -> str:
    for suffix in ("StateEntered", "StateExited"):
        if kind.endswith(suffix):
            kind = suffix
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


@dataclass(slots=True)
class Trail:
    """One thread of a history: every event names the one before it. Without a history, silent."""

    history: History | None
    previous: int = 0

    def record(self, kind: str, **details: Any) -> None:
        if self.history is not None:
            self.previous = self.history.add(kind, self.previous, details)

    def failed(self, kind: str, error: StateError, **details: Any) -> None:
        self.record(kind, error=error.error, cause=error.cause, **details)

    def fork(self) -> "Trail":
        return Trail(self.history, self.previous)


@dataclass(slots=True, kw_only=True)
class Execution:
    arn: str
    name: str
    machine_arn: str
    input: Any
    started: datetime
    status: Status = "RUNNING"
    output: Any = None
    error: str | None = None
    cause: str | None = None
    stopped: datetime | None = None
    redriven: datetime | None = None
    redrives: int = 0
    position: Position
    history: History | None = field(default=None, repr=False)
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def finished(self) -> "Execution":
        await self.ended.wait()
        return self

    def finish(
        self,
        status: Status,
        at: datetime,
        *,
        output: Any = None,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        self.status, self.stopped, self.output = status, at, output
        self.error, self.cause = error or None, cause or None
        trail = Trail(self.history, self.history.count if self.history else 0)
        suffix = {"TIMED_OUT": "TimedOut"}.get(status, status.capitalize())
        given = {"error": self.error, "cause": self.cause}
        details = {name: value for name, value in given.items() if value is not None}
        if status == "SUCCEEDED":
            details = {"output": output}
        trail.record(f"Execution{suffix}", **details)
        self.ended.set()
