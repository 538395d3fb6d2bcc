"""Executions that a Task starts: let go at once, or waited for to their end."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from local.awsapi import ApiError
from local.statemachines.errors import TASK_FAILED, StateError
from local.statemachines.execution import Execution
from local.statemachines.payload import text_of
from local.statemachines.tasks import Integration


class Starts(Protocol):
    """What of the engine a Task may use."""

    @property
    def closing(self) -> bool: ...

    async def start(self, arn: str, given: Any, name: str | None = None) -> Execution: ...

    def stop(self, arn: str, error: str | None = None, cause: str | None = None) -> Execution: ...


class Nested:
    """`states:startExecution` over the engine itself."""

    def __init__(self, engine: Starts) -> None:
        self._engine = engine

    def calls(self) -> Mapping[str, Integration]:
        return {"states:startExecution": self._start, "states:startExecution:sync": self._run}

    async def _start(self, arguments: dict[str, Any]) -> Any:
        execution = await self._started(arguments)
        return {"ExecutionArn": execution.arn, "StartDate": _millis(execution.started)}

    async def _run(self, arguments: dict[str, Any]) -> Any:
        execution = await self._started(arguments)
        try:
            await execution.finished()
        except asyncio.CancelledError:
            if not self._engine.closing:
                self._engine.stop(execution.arn, cause="The execution that waits for it ended.")
            raise
        described = _described(execution)
        if execution.status != "SUCCEEDED":
            raise StateError(TASK_FAILED, text_of(described))
        return {**described, "Input": execution.input, "Output": execution.output}

    async def _started(self, arguments: dict[str, Any]) -> Execution:
        given = arguments.get("Input", {})
        try:
            parsed = json.loads(given) if isinstance(given, str) else given
        except ValueError as error:
            raise ApiError("InvalidExecutionInput", f"Input: {error}") from error
        return await self._engine.start(arguments["StateMachineArn"], parsed, arguments.get("Name"))


def _described(execution: Execution) -> dict[str, Any]:
    fields = {
        "ExecutionArn": execution.arn,
        "Input": text_of(execution.input),
        "InputDetails": {"Included": True},
        "Name": execution.name,
        "StartDate": _millis(execution.started),
        "StateMachineArn": execution.machine_arn,
        "Status": execution.status,
        "StopDate": _millis(execution.stopped),
        "Error": execution.error,
        "Cause": execution.cause,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _millis(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
