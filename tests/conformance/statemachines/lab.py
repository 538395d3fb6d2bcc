"""An engine on virtual time with functions written in the test, for tiny machines."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.awsapi import ApiError
from local.clock import VirtualClock
from local.statemachines.engine import Engine
from local.statemachines.errors import FunctionError
from local.statemachines.execution import Execution
from local.statemachines.model import Kind

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:"
INVOKE = "arn:aws:states:::lambda:invoke"
SEND = "arn:aws:states:::sqs:sendMessage"
PUT = "arn:aws:states:::events:putEvents"
NEST = "arn:aws:states:::states:startExecution"
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}


def machine(first: str = "Only", /, timeout: int | None = None, **states: Any) -> dict[str, Any]:
    limit = {} if timeout is None else {"TimeoutSeconds": timeout}
    return {"QueryLanguage": "JSONata", "StartAt": first, "States": states, **limit}


def task(function: str = "Echo", **fields: Any) -> dict[str, Any]:
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": FUNCTION + function, **end, **fields}


def result(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **fields}


def flow(first: str = "Inner", /, **states: Any) -> dict[str, Any]:
    return {"StartAt": first, "States": states}


def mapped(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": inner, "End": True, **fields}


def distributed(inner: dict[str, Any]) -> dict[str, Any]:
    return {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def raising(error: str, message: str = "no") -> Callable[[Any], Any]:
    def function(_payload: Any) -> Any:
        raise FunctionError(error, message, ["line 1"])

    return function


def caught(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """One catcher, to the state `Caught`."""
    return [{"ErrorEquals": list(names), "Next": "Caught", **fields}]


class Lab:
    """Runs machines; `seen` are the payloads of every call, with the seconds since the start."""

    def __init__(self, journal: Path | None = None) -> None:
        self.clock = VirtualClock(START)
        self.functions: dict[str, Callable[[Any], Any]] = {"Echo": lambda payload: payload}
        self.seen: list[tuple[str, float, Any]] = []
        self.draws = iter([0.25, 0.5, 0.75] * 1000)
        self.journal = journal
        self.engine = self.started()

    def started(self) -> Engine:
        return Engine(
            self.invoke,
            clock=self.clock,
            integrations={"sqs:sendMessage": self.send, "events:putEvents": self.put},
            journal=self.journal,
            random=lambda: next(self.draws),
        )

    async def invoke(self, function: str, payload: Any) -> Any:
        name = function.removeprefix(FUNCTION)
        self._note(name, payload)
        if name not in self.functions:
            raise ApiError("ResourceNotFoundException", f"Function not found: {function}", 404)
        answer = self.functions[name](payload)
        return await answer if asyncio.iscoroutine(answer) else answer

    async def send(self, parameters: dict[str, Any]) -> Any:
        self._note("sqs", parameters)
        if parameters["QueueUrl"] == "forbidden":
            raise ApiError("AccessDeniedException", "not yours", 403)
        if parameters["QueueUrl"] == "missing":
            raise ApiError("QueueDoesNotExist", "no such queue")
        return {"MessageId": "m-1"}

    async def put(self, parameters: dict[str, Any]) -> Any:
        self._note("events", parameters)
        failed = sum(entry.get("Source") == "bad" for entry in parameters["Entries"])
        return {"Entries": [{"EventId": "e-1"}], "FailedEntryCount": failed}

    def _note(self, name: str, payload: Any) -> None:
        since = (self.clock.now() - START).total_seconds()
        self.seen.append((name, since, payload))

    async def start(
        self, definition: dict[str, Any], given: Any = None, kind: Kind = "STANDARD", **named: Any
    ) -> Execution:
        arn = self.engine.register("Machine", definition, kind)
        return await self.engine.start(arn, {} if given is None else given, **named)

    async def run(
        self,
        definition: dict[str, Any],
        given: Any = None,
        kind: Kind = "STANDARD",
        seconds: float = 0,
    ) -> Execution:
        execution = await self.start(definition, given, kind)
        await self.clock.advance(seconds)
        return await asyncio.wait_for(execution.finished(), 5)

    async def output(
        self, definition: dict[str, Any], given: Any = None, seconds: float = 0
    ) -> Any:
        execution = await self.run(definition, given, "EXPRESS", seconds)
        assert execution.status == "SUCCEEDED", execution
        return execution.output

    async def failure(
        self, definition: dict[str, Any], given: Any = None, seconds: float = 0
    ) -> tuple[str | None, str | None]:
        execution = await self.run(definition, given, "EXPRESS", seconds)
        assert execution.status == "FAILED", execution
        return execution.error, execution.cause

    def times(self, name: str) -> list[float]:
        return [since for called, since, _ in self.seen if called == name]

    def payloads(self, name: str) -> list[Any]:
        return [payload for called, _, payload in self.seen if called == name]

    def history(self, execution: Execution) -> list[str]:
        return [event["type"] for event in self.engine.events(execution.arn)]

    async def restart(self) -> None:
        """A new engine over the same journal, as after a restart of the runtime."""
        machines = [(m.name, dict(m.definition), m.kind) for m in self.engine.machines.values()]
        await self.engine.close()
        self.engine = self.started()
        for name, definition, kind in machines:
            self.engine.register(name, definition, kind)
