"""The engine: registers machines, runs executions, and keeps what Standard ones must not lose."""

import asyncio
import logging
import random as stdlib_random
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.awsapi import ApiError
from local.clock import Clock
from local.statemachines import definition as definitions
from local.statemachines import fanout, timing
from local.statemachines.errors import RUNTIME, TIMEOUT, StateError
from local.statemachines.execution import Event, Execution, History, Position, Trail
from local.statemachines.expressions import Expressions
from local.statemachines.functions import uuid_from
from local.statemachines.journal import Journal
from local.statemachines.model import Kind, Machine
from local.statemachines.nested import Nested
from local.statemachines.payload import detached
from local.statemachines.tasks import Integration, Invoke, Tasks
from local.statemachines.timing import iso
from local.statemachines.tokens import Tokens
from local.statemachines.walk import Strand, Walker

logger = logging.getLogger(__name__)
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_EXPRESS_SECONDS = 300


class Engine:
    """Every public call raises ApiError as Step Functions would."""

    def __init__(
        self,
        invoke: Invoke,
        *,
        clock: Clock,
        integrations: Mapping[str, Integration] | None = None,
        journal: Path | None = None,
        random: Callable[[], float] = stdlib_random.random,
        region: str = "us-east-1",
        account: str = "000000000000",
    ) -> None:
        self.clock = clock
        self.closing = False
        self.machines: dict[str, Machine] = {}
        self._arn = f"arn:aws:states:{region}:{account}"
        self._random = random
        self._journal = Journal(journal, clock)
        self._expressions = Expressions(clock, random)
        self.tokens = Tokens(clock, self._unique)
        calls = {**Nested(self).calls(), **(integrations or {})}
        self._calls = frozenset(calls) | {"lambda:invoke"}
        tasks = Tasks(clock, invoke, calls, self.tokens)
        self._walker = Walker(
            clock,
            random,
            {
                "Task": tasks.attempt,
                "Parallel": lambda visit: fanout.parallel(self._walker, visit),
                "Map": lambda visit: fanout.each(self._walker, visit, self._unique),
            },
        )
        self._running: dict[str, tuple[Execution, asyncio.Task[None]]] = {}

    def register(self, name: str, definition: dict[str, Any], kind: Kind) -> str:
        """The machine's ARN; a machine of that name is replaced. Raises InvalidDefinition."""
        machine = self.read(name, definition, kind)
        self.machines[machine.arn] = machine
        return machine.arn

    def read(self, name: str, definition: dict[str, Any], kind: Kind) -> Machine:
        arn = f"{self._arn}:stateMachine:{name}"
        return definitions.read(
            arn,
            definition,
            kind,
            expressions=self._expressions,
            calls=self._calls,
            now=self.clock.now(),
        )

    async def resume(self) -> list[Execution]:
        """Go on with the executions that an earlier engine left running, once all machines are
        registered: each enters its current state anew."""
        found = [e for arn in self.machines for e in self._journal.running(arn)]
        left = [execution for execution in found if execution.arn not in self._running]
        for execution in left:
            self._begin(self.machines[execution.machine_arn], execution)
        return left

    async def start(self, arn: str, given: Any, name: str | None = None) -> Execution:
        """A new execution; for Standard, the running one of the same name and input."""
        machine = self.machine(arn)
        if name is not None and not _NAME.fullmatch(name):
            raise ApiError("InvalidName", f"Invalid Name: '{name}'")
        named = name or self._unique()
        where = f"{self._arn}:execution:{machine.name}:{named}"
        if machine.kind == "EXPRESS":
            where = f"{self._arn}:express:{machine.name}:{named}:{self._unique()}"
        known = self._known(where)
        if known is not None:
            if known.status == "RUNNING" and known.input == given:
                return known
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{where}'")
        return self._begin(machine, self._new(machine, where, named, given))

    async def run_sync(self, arn: str, given: Any, name: str | None = None) -> Execution:
        """An Express execution, ended."""
        if self.machine(arn).kind != "EXPRESS":
            message = "This operation is not supported by this type of state machine"
            raise ApiError("StateMachineTypeNotSupported", message)
        execution = await self.start(arn, given, name)
        return await execution.finished()

    def machine(self, arn: str) -> Machine:
        if arn not in self.machines:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return self.machines[arn]

    def execution(self, arn: str) -> Execution:
        known = self._known(arn)
        if known is None:
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return known

    def executions(self, machine_arn: str) -> list[Execution]:
        """The Standard executions of a machine, the latest first."""
        return self._journal.of_machine(self.machine(machine_arn).arn)

    def running(self, machine_arn: str) -> list[Execution]:
        """What runs of a machine now, Express executions included."""
        return [each for each, _ in self._running.values() if each.machine_arn == machine_arn]

    def events(self, arn: str) -> list[Event]:
        execution = self.execution(arn)
        if execution.history is not None and execution.history.fresh:
            self._journal.save(execution)
        return self._journal.events(arn)

    def stop(self, arn: str, error: str | None = None, cause: str | None = None) -> Execution:
        execution = self.execution(arn)
        if arn in self._running:
            task = self._running[arn][1]
            self._finish(execution, "ABORTED", error=error, cause=cause)
            task.cancel()
        return execution

    def redrive(self, arn: str) -> Execution:
        """Run a failed Standard execution again, from the state that failed; of a Distributed Map,
        the children that did not succeed."""
        execution = self.execution(arn)
        if execution.status in {"RUNNING", "SUCCEEDED"} or execution.history is None:
            message = f"Execution is {execution.status} and cannot be redriven: '{arn}'"
            raise ApiError("ExecutionNotRedrivable", message)
        execution.status, execution.stopped = "RUNNING", None
        execution.error = execution.cause = None
        execution.redrives += 1
        execution.position.redriven = True
        execution.redriven = execution.position.entered = self.clock.now()
        execution.ended.clear()
        trail = Trail(execution.history, execution.history.count)
        trail.record("ExecutionRedriven", redriveCount=execution.redrives)
        return self._begin(self.machine(execution.machine_arn), execution)

    async def close(self) -> None:
        """Leave Standard executions where they stand, for a later engine to resume; end Express
        ones, which no engine would."""
        self.closing = True
        running = list(self._running.values())
        await timing.stopped(*(task for _, task in running))
        for execution, _ in running:
            if execution.history is None:
                self._finish(execution, "ABORTED", cause="The engine was closed.")
        self._journal.close()

    def _unique(self) -> str:
        return uuid_from(self._random)

    def _known(self, arn: str) -> Execution | None:
        return self._running[arn][0] if arn in self._running else self._journal.find(arn)

    def _new(self, machine: Machine, arn: str, name: str, given: Any) -> Execution:
        now = self.clock.now()
        try:
            given = detached(given, "input of the execution")
        except StateError as error:
            raise ApiError("InvalidExecutionInput", error.cause) from error
        history = History(self.clock) if machine.kind == "STANDARD" else None
        Trail(history).record("ExecutionStarted", input=given)
        return Execution(
            arn=arn,
            name=name,
            machine_arn=machine.arn,
            input=given,
            started=now,
            position=Position(machine.flow.start_at, given, {}, now),
            history=history,
        )

    def _begin(self, machine: Machine, execution: Execution) -> Execution:
        self._save(execution)
        task = asyncio.get_running_loop().create_task(self._run(machine, execution))
        self._running[execution.arn] = (execution, task)
        return execution

    async def _run(self, machine: Machine, execution: Execution) -> None:
        try:
            left = self._remaining(machine, execution.redriven or execution.started)
            walk = self._walker.walk(
                machine.flow, self._strand(machine, execution), execution.position
            )
            output = await timing.within(self.clock, left, walk)
        except timing.Expired:
            self._finish(execution, "TIMED_OUT", error=TIMEOUT)
        except StateError as error:
            self._finish(execution, "FAILED", error=error.error, cause=error.cause)
        except Exception as error:
            logger.exception("execution %s broke", execution.arn)
            self._finish(
                execution, "FAILED", error=RUNTIME, cause=f"{type(error).__name__}: {error}"
            )
        else:
            self._finish(execution, "SUCCEEDED", output=output)

    def _remaining(self, machine: Machine, since: datetime) -> float | None:
        seconds = machine.timeout
        if machine.kind == "EXPRESS":
            seconds = min(seconds or _EXPRESS_SECONDS, _EXPRESS_SECONDS)
        if seconds is None:
            return None
        return (since + timedelta(seconds=seconds) - self.clock.now()).total_seconds()

    def _strand(self, machine: Machine, execution: Execution) -> Strand:
        context = {
            "Execution": {
                "Id": execution.arn,
                "Name": execution.name,
                "Input": execution.input,
                "StartTime": iso(execution.started),
                "RedriveCount": execution.redrives,
            },
            "StateMachine": {"Id": machine.arn, "Name": machine.name},
        }
        if execution.redriven is not None:
            context["Execution"]["RedriveTime"] = iso(execution.redriven)

        def moved(position: Position) -> None:
            execution.position = position
            self._save(execution)

        history = execution.history
        trail = Trail(history, history.count if history else 0)
        return Strand(execution.position.variables, context, trail, moved)

    def _finish(self, execution: Execution, status: Any, **outcome: Any) -> None:
        if execution.status == "RUNNING":
            execution.finish(status, self.clock.now(), **outcome)
            self._save(execution)
        self._running.pop(execution.arn, None)

    def _save(self, execution: Execution) -> None:
        if execution.history is not None:
            self._journal.save(execution)
