"""RecoverOrder in a run: each state a task of its own, since who waits for hours holds nothing.

Retries, waits and what is caught are read from the definition that is deployed; what flows between
its states is written out here. A person's day is over when the world says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from functions.orders import step_ask_operator, step_plan_retry, step_retry_order
from hub.application.ports.operations import Decision, MachineRun, Recovery
from hub.domain.kernel import OrderId, UnavailableError
from local.options import ROOT
from tests.simulation.chance import Fault
from tests.simulation.machine import StepError, attempt
from tests.simulation.scheduler import Scheduler

HANDLERS = (step_ask_operator, step_plan_retry, step_retry_order)
PLAN, TRY, ASK, BETTER = "Plan next try", "Try order", "Ask a person", "Wait for better times"


@cache
def states() -> Mapping[str, Any]:
    text = (ROOT / "statemachines" / "recover_order.asl.json").read_text()
    found: dict[str, Any] = json.loads(text)["States"]
    return found


class _Run:
    def __init__(self, name: str, given: dict[str, Any]) -> None:
        self.name = name
        self.held = given
        self.entered = 0
        self.token: str | None = None


class _Entry(NamedTuple):
    """A state that is entered for the so manieth time in a row."""

    state: str
    tries: int = 0


class SimulatedRecoveries:
    """The RecoveryRuns port. `asked` are the runs that wait for a person, by their tokens."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.begin()

    def begin(self) -> None:
        self.asked: dict[str, _Run] = {}
        self.names: set[str] = set()

    def start(self, recovery: Recovery, trace_id: str) -> None:
        self._refusing("before start recovery")
        name = f"{recovery.order.order_id[-8:]}-{recovery.episode}"
        if name not in self.names:
            self.names.add(name)
            held = {
                "order_id": recovery.order.order_id,
                "episode": recovery.episode,
                "message": dict(recovery.message),
                "reason": recovery.reason,
                "trace_id": trace_id,
                "tries": 0,
            }
            self._go(_Run(name, json.loads(json.dumps(held))), _Entry(PLAN))
        self._scheduler.seam("after start recovery", Fault.KILL)

    def answer(self, task_token: str, decision: str) -> bool:
        self._refusing("before answer")
        run = self.asked.pop(task_token, None)
        if run is not None:
            run.token = None
            if decision == Decision.RETRY:
                self._go(run, _Entry(TRY))
        self._scheduler.seam("after answer", Fault.KILL)
        return run is not None

    def of(self, _order_id: OrderId, _episodes: int) -> Sequence[MachineRun]:
        return []

    def time_out(self) -> None:
        """Nobody has answered for a day."""
        waiting, self.asked = self.asked, {}
        for run in waiting.values():
            run.token = None
            self._go(run, _Entry(PLAN))

    def _refusing(self, where: str) -> None:
        """Raises UnavailableError."""
        if self._scheduler.seam(where, Fault.REFUSED, Fault.KILL) is Fault.REFUSED:
            raise UnavailableError("there are too many requests")

    def _go(self, run: _Run, entry: _Entry, seconds: float = 0.0) -> None:
        run.entered += 1
        name = f"recover {run.name}.{run.entered}"
        at = self._scheduler.clock.later(seconds)
        self._scheduler.spawn(name, lambda: self._enter(run, entry), at)

    def _enter(self, run: _Run, entry: _Entry) -> None:
        given, token = dict(run.held), f"{run.name}#{run.entered}"
        if entry.state == ASK:
            self.asked[token], run.token, given["task_token"] = run, token, token
        try:
            result = attempt(self._scheduler, entry.state, lambda: _TASKS[entry.state](given))
        except StepError as error:
            if entry.state != ASK or run.token == token:
                self.asked.pop(token, None)
                self._failed(run, entry, error.name)
        else:
            self._follow(run, entry.state, result)

    def _failed(self, run: _Run, entry: _Entry, error: str) -> None:
        state = states()[entry.state]
        retry = state["Retry"][0]
        if error in retry["ErrorEquals"] and entry.tries < retry["MaxAttempts"]:
            seconds = retry["IntervalSeconds"] * retry["BackoffRate"] ** entry.tries
            again = entry._replace(tries=entry.tries + 1)
            self._go(run, again, float(min(seconds, retry["MaxDelaySeconds"])))
        elif state["Catch"][-1]["Next"] == BETTER:
            self._go(run, _Entry(states()[BETTER]["Next"]), states()[BETTER]["Seconds"])
        else:
            run.held |= {"tries": run.held["tries"] + 1, "reason": error}
            self._go(run, _Entry(state["Catch"][-1]["Next"]))

    def _follow(self, run: _Run, state: str, result: Mapping[str, Any]) -> None:
        if state == PLAN and result["next"] == "wait":
            self._go(run, _Entry(TRY), float(result["seconds"]))
        elif state == PLAN and result["next"] == "ask":
            self._go(run, _Entry(ASK))


_TASKS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    PLAN: step_plan_retry.step_plan_retry,
    TRY: step_retry_order.step_retry_order,
    ASK: step_ask_operator.step_ask_operator,
}
