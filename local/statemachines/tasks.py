"""Task states: the call is made, and its answer, or the token it handed out, ends the state."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from local.awsapi import ApiError
from local.clock import Clock
from local.statemachines import timing
from local.statemachines.errors import (
    HEARTBEAT_TIMEOUT,
    PERMISSIONS,
    TIMEOUT,
    FunctionError,
    StateError,
)
from local.statemachines.model import Resource, Task
from local.statemachines.payload import detached, text_of
from local.statemachines.tokens import Tokens
from local.statemachines.walk import Step, Visit, amount

Invoke = Callable[[str, Any], Awaitable[Any]]
"""(function name or ARN, payload) -> its result. Raises FunctionError, ApiError."""
Integration = Callable[[dict[str, Any]], Awaitable[Any]]
"""One call of a service, in its own parameters. Raises ApiError."""

_SERVICES = {"lambda": "Lambda", "sqs": "SQS", "events": "EventBridge", "states": "StepFunctions"}
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True, slots=True)
class _Events:
    """How the history tells of a call: a function's own ARN has its own words."""

    visit: Visit
    resource: Resource

    def record(self, what: str, **details: Any) -> None:
        if self.resource.function is not None:
            self.visit.trail.record(f"LambdaFunction{what}", **details)
        else:
            self.visit.trail.record(f"Task{what}", **self._named(), **details)

    def scheduled(self, arguments: Any, timeout: int | None, heartbeat: int | None) -> None:
        waits = {"timeoutInSeconds": timeout, "heartbeatInSeconds": heartbeat}
        limits = {name: value for name, value in waits.items() if value is not None}
        function = self.resource.function
        given = {"parameters": arguments} if function is None else {"input": arguments}
        extra = {} if function is None else {"resource": function}
        self.record("Scheduled", **given, **extra, **limits)
        if function is None:
            self.record("Started")
        else:
            self.visit.trail.record("LambdaFunctionStarted")

    def failed(self, error: StateError) -> None:
        timed_out = error.error in {TIMEOUT, HEARTBEAT_TIMEOUT}
        what = "TimedOut" if timed_out else "Failed"
        self.record(what, error=error.error, cause=error.cause)

    def _named(self) -> dict[str, str]:
        service, _, action = self.resource.call.partition(":")
        pattern = {"": "", "sync": ".sync:2", "token": ".waitForTaskToken"}[self.resource.pattern]
        return {"resourceType": service, "resource": f"{action}{pattern}"}


class Tasks:
    """Runs the Task states of one engine; `integrations` are its calls by `service:action`."""

    def __init__(
        self, clock: Clock, invoke: Invoke, integrations: Mapping[str, Integration], tokens: Tokens
    ) -> None:
        self._clock = clock
        self._invoke = invoke
        self._calls: Mapping[str, Integration] = {"lambda:invoke": self._lambda, **integrations}
        self._tokens = tokens

    async def attempt(self, visit: Visit) -> Step:
        task = cast("Task", visit.state)
        if task.resource.pattern != "token":
            return await self._run(visit, task, "")
        with self._tokens.opened() as token:
            visit.context["Task"] = {"Token": token}
            return await self._run(visit, task, token)

    async def _run(self, visit: Visit, task: Task, token: str) -> Step:
        scope = visit.scope()
        given = visit.at.input if task.arguments is None else task.arguments(scope)
        arguments = detached(given, f"input of the task '{task.name}'")
        timeout, heartbeat = amount(task.timeout, scope), amount(task.heartbeat, scope)
        events = _Events(visit, task.resource)
        events.scheduled(arguments, timeout, heartbeat)
        try:
            work = self._answer(task.resource, arguments, visit, token, heartbeat)
            answer = await timing.within(self._clock, timeout, work)
            result = detached(answer, f"result of the task '{task.name}'")
        except timing.Expired:
            error = StateError(TIMEOUT, f"The task '{task.name}' took more than {timeout} s.")
            events.failed(error)
            raise error from None
        except StateError as error:
            events.failed(error)
            raise
        events.record("Succeeded", output=result)
        return visit.leave(task, result, result=result)

    async def _answer(
        self, resource: Resource, arguments: Any, visit: Visit, token: str, heartbeat: int | None
    ) -> Any:
        service = resource.call.partition(":")[0]
        try:
            if resource.function is not None:
                return await self._invoke(resource.function, arguments)
            answer = await self._call(resource, arguments, visit)
        except FunctionError as error:
            raise _function_failed(error) from error
        except ApiError as error:
            raise _refused(service, error) from error
        if not token:
            return answer
        _Events(visit, resource).record("Submitted", output=answer)
        return await self._tokens.wait(token, heartbeat)

    async def _call(self, resource: Resource, arguments: Any, visit: Visit) -> Any:
        call = resource.call + (":sync" if resource.pattern == "sync" else "")
        if resource.call == "sqs:sendMessage":
            _as_text(arguments, "MessageBody")
        if resource.call == "events:putEvents":
            return await self._put_events(arguments, visit)
        return await self._calls[call](arguments)

    async def _lambda(self, arguments: dict[str, Any]) -> Any:
        function = arguments["FunctionName"]
        if "Qualifier" in arguments:
            function = f"{function}:{arguments['Qualifier']}"
        payload = await self._invoke(function, arguments.get("Payload", {}))
        return {"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200}

    async def _put_events(self, arguments: dict[str, Any], visit: Visit) -> Any:
        origin = [visit.context["Execution"]["Id"], visit.context["StateMachine"]["Id"]]
        for entry in arguments["Entries"]:
            _as_text(entry, "Detail")
            entry["Resources"] = [*entry.get("Resources", []), *origin]
        answer = await self._calls["events:putEvents"](arguments)
        if answer.get("FailedEntryCount"):
            raise StateError("EventBridge.FailedEntry", text_of(answer))
        return answer


def _as_text(fields: dict[str, Any], name: str) -> None:
    if not isinstance(fields.get(name, ""), str):
        fields[name] = text_of(fields[name])


def _function_failed(error: FunctionError) -> StateError:
    cause = {
        "errorMessage": error.message,
        "errorType": error.error_type,
        "stackTrace": error.stack,
    }
    return StateError(error.error_type, json.dumps(cause))


def _refused(service: str, error: ApiError) -> StateError:
    if error.code in _DENIED:
        return StateError(PERMISSIONS, error.message)
    if service == "sqs":
        return StateError("SQS.AmazonSQSException", f"{error.code}: {error.message}")
    code = error.code if error.code.endswith("Exception") else f"{error.code}Exception"
    return StateError(f"{_SERVICES[service]}.{code}", error.message)
