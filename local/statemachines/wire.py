"""The Step Functions API over an engine, as plain boto3 speaks it (`AWSStepFunctions.*`)."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from local.awsapi import ApiError
from local.statemachines.engine import Engine
from local.statemachines.errors import InvalidDefinition, Problem
from local.statemachines.execution import Execution
from local.statemachines.model import Kind, Machine
from local.statemachines.payload import LIMIT, text_of

TARGET_PREFIX = "AWSStepFunctions"
_INCLUDED = {"included": True}
_PAGE = 100


class StepFunctions:
    """One engine's calls; an action that it does not know is refused."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        started = {"StartExecution": self._start, "StartSyncExecution": self._start_sync}
        answered: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "StopExecution": self._stop,
            "RedriveExecution": self._redrive,
            "DescribeExecution": self._describe,
            "ListExecutions": self._executions,
            "GetExecutionHistory": self._history,
            "SendTaskSuccess": self._task_success,
            "SendTaskFailure": self._task_failure,
            "SendTaskHeartbeat": self._task_heartbeat,
            "DescribeStateMachine": self._describe_machine,
            "ListStateMachines": self._machines,
            "ValidateStateMachineDefinition": self._validate,
        }
        if action in started:
            return await started[action](body)
        if action not in answered:
            raise ApiError("UnknownOperationException", f"{action} is not supported")
        return answered[action](body)

    async def _start(self, body: dict[str, Any]) -> dict[str, Any]:
        execution = await self._engine.start(_required(body, "stateMachineArn"), *_given(body))
        return {"executionArn": execution.arn, "startDate": execution.started.timestamp()}

    async def _start_sync(self, body: dict[str, Any]) -> dict[str, Any]:
        arn = _required(body, "stateMachineArn")
        execution = await self._engine.run_sync(arn, *_given(body))
        billed = {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
        return {**_described(execution), "billingDetails": billed}

    def _stop(self, body: dict[str, Any]) -> dict[str, Any]:
        arn = _required(body, "executionArn")
        if ":express:" in arn:
            message = "Invalid Arn: 'Express executions are not stopped'"
            raise ApiError("InvalidArn", message)
        execution = self._engine.stop(arn, body.get("error"), body.get("cause"))
        return {"stopDate": _seconds(execution.stopped)}

    def _redrive(self, body: dict[str, Any]) -> dict[str, Any]:
        execution = self._engine.redrive(_required(body, "executionArn"))
        return {"redriveDate": _seconds(execution.redriven)}

    def _describe(self, body: dict[str, Any]) -> dict[str, Any]:
        return _described(self._engine.execution(_required(body, "executionArn")))

    def _executions(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._engine.executions(_required(body, "stateMachineArn"))
        status = body.get("statusFilter")
        listed = [_listed(execution) for execution in found if status in {None, execution.status}]
        return _page("executions", listed, body)

    def _history(self, body: dict[str, Any]) -> dict[str, Any]:
        events = self._engine.events(_required(body, "executionArn"))
        if body.get("reverseOrder"):
            events.reverse()
        return _page("events", events, body)

    def _task_success(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            output = json.loads(_required(body, "output"))
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: {error}") from error
        self._engine.tokens.succeed(_required(body, "taskToken"), output)
        return {}

    def _task_failure(self, body: dict[str, Any]) -> dict[str, Any]:
        token = _required(body, "taskToken")
        self._engine.tokens.fail(token, body.get("error", ""), body.get("cause", ""))
        return {}

    def _task_heartbeat(self, body: dict[str, Any]) -> dict[str, Any]:
        self._engine.tokens.beat(_required(body, "taskToken"))
        return {}

    def _describe_machine(self, body: dict[str, Any]) -> dict[str, Any]:
        machine = self._engine.machine(_required(body, "stateMachineArn"))
        return {
            **self._listed_machine(machine),
            "status": "ACTIVE",
            "definition": text_of(machine.definition),
            "roleArn": "arn:aws:iam::000000000000:role/local",
        }

    def _machines(self, body: dict[str, Any]) -> dict[str, Any]:
        listed = [self._listed_machine(machine) for machine in self._engine.machines.values()]
        return _page("stateMachines", listed, body)

    def _validate(self, body: dict[str, Any]) -> dict[str, Any]:
        problems = self._problems(_required(body, "definition"), body.get("type", "STANDARD"))
        return {
            "result": "FAIL" if problems else "OK",
            "diagnostics": [
                {
                    "severity": "ERROR",
                    "code": problem.code,
                    "message": problem.message,
                    "location": problem.location,
                }
                for problem in problems
            ],
            "truncated": False,
        }

    def _problems(self, definition: str, kind: Kind) -> list[Problem]:
        try:
            parsed = json.loads(definition)
        except ValueError as error:
            return [Problem("INVALID_JSON_DESCRIPTION", str(error), "/")]
        if not isinstance(parsed, dict):
            return [Problem("SCHEMA_VALIDATION_FAILED", "a definition is an object", "/")]
        try:
            self._engine.read("validated", parsed, kind)
        except InvalidDefinition as refused:
            return refused.problems
        return []

    def _listed_machine(self, machine: Machine) -> dict[str, Any]:
        return {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "type": machine.kind,
            "creationDate": machine.registered.timestamp(),
        }


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ApiError("ValidationException", f"'{name}' is required and is a text")
    return value


def _given(body: dict[str, Any]) -> tuple[Any, str | None]:
    text = body.get("input", "{}")
    if len(text.encode()) > LIMIT:
        raise ApiError("InvalidExecutionInput", f"Input is larger than {LIMIT} bytes")
    try:
        return json.loads(text), body.get("name")
    except ValueError as error:
        raise ApiError("InvalidExecutionInput", f"Invalid Input: {error}") from error


def _listed(execution: Execution) -> dict[str, Any]:
    fields = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started.timestamp(),
        "stopDate": _seconds(execution.stopped),
        "redriveCount": execution.redrives,
        "redriveDate": _seconds(execution.redriven),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _described(execution: Execution) -> dict[str, Any]:
    described = {
        **_listed(execution),
        "input": text_of(execution.input),
        "inputDetails": _INCLUDED,
    }
    if execution.status == "SUCCEEDED":
        described |= {"output": text_of(execution.output), "outputDetails": _INCLUDED}
    failure = {"error": execution.error, "cause": execution.cause}
    return described | {name: value for name, value in failure.items() if value is not None}


def _page(name: str, found: Sequence[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
    try:
        first = int(body.get("nextToken") or 0)
    except ValueError as error:
        raise ApiError("InvalidToken", "Invalid Token: 'nextToken'") from error
    last = first + (body.get("maxResults") or _PAGE)
    page: dict[str, Any] = {name: list(found[first:last])}
    return page | {"nextToken": str(last)} if last < len(found) else page


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
