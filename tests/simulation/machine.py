"""ProcessOrder as its definition says, each step a process of its own that may die.

States, their order and their retries are read from the file that is deployed; what flows between
them is written out here.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from functions.orders import step_announce_orders, step_execute_orders, step_price_orders
from hub.domain.kernel import UnavailableError
from local.options import ROOT
from tests.simulation.chance import Fault
from tests.simulation.scheduler import KilledError, Scheduler

_FILE = ROOT / "statemachines" / "process_order.asl.json"
# As adapters/aws/workflow has it.
_CALLER_WAITS_SECONDS = 9.5


class StepError(Exception):
    """A task of the machine failed; `name` is what it failed with."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@cache
def definition() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text())
    return found


class SimulatedMachine:
    """The Workflow port. Whoever started an execution may be gone before it ends."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def process(self, orders: Sequence[Mapping[str, str]], trace_id: str) -> Sequence[str]:
        caller = self._scheduler.running
        assert caller is not None
        self._scheduler.seam("before start execution", Fault.KILL)
        ended: list[Any] = []
        given = json.loads(json.dumps({"orders": list(orders), "trace_id": trace_id}))
        name = f"{caller.name}/machine"

        def execution() -> None:
            try:
                ended.append(self._walk(given))
            except StepError as error:
                ended.append(error)

        self._scheduler.spawn(name, execution, self._scheduler.clock.now())
        in_time = self._scheduler.wait_for(lambda: bool(ended), _CALLER_WAITS_SECONDS)
        self._scheduler.seam("after execution", Fault.KILL)
        if not in_time or isinstance(ended[0], StepError):
            raise UnavailableError("ProcessOrder did not succeed")
        failed: Sequence[str] = ended[0]
        return failed

    def _walk(self, given: Mapping[str, Any]) -> Sequence[str]:
        states = definition()["States"]
        held, name = dict(given), definition()["StartAt"]
        while states[name]["Type"] == "Task":
            try:
                held |= self._task(name, states[name], held)
                name = states[name]["Next"]
            except StepError:
                name = states[name]["Catch"][0]["Next"]
        if states[name]["Type"] == "Fail":
            raise StepError(name)
        failed: Sequence[str] = held["failed"]
        return failed

    def _task(self, name: str, state: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
        retry = state["Retry"][0]
        seconds, tries = float(retry["IntervalSeconds"]), int(retry["MaxAttempts"])
        while True:
            try:
                return attempt(self._scheduler, name, lambda: _STEPS[name](held))
            except StepError as error:
                if error.name not in retry["ErrorEquals"] or not tries:
                    raise
            tries -= 1
            self._scheduler.sleep(seconds)
            seconds *= float(retry["BackoffRate"])


def attempt(scheduler: Scheduler, name: str, work: Callable[[], Any]) -> dict[str, Any]:
    """What a function answers, as JSON has it. Raises StepError."""
    try:
        with scheduler.process():
            scheduler.seam(f"begin {name}", Fault.KILL)
            result = work()
            scheduler.seam(f"end {name}", Fault.KILL)
    except KilledError:
        raise StepError("Lambda.ServiceException") from None
    except UnavailableError:
        raise StepError("UnavailableError") from None
    except Exception as error:
        scheduler.tell(f"{name} failed: {type(error).__name__} {error}")
        raise StepError(type(error).__name__) from error
    out: dict[str, Any] = json.loads(json.dumps(result))
    return out


def _price(held: Mapping[str, Any]) -> dict[str, Any]:
    return {"view": step_price_orders.step_price_orders(held)}


def _execute(held: Mapping[str, Any]) -> dict[str, Any]:
    return step_execute_orders.step_execute_orders(held)


def _announce(held: Mapping[str, Any]) -> dict[str, Any]:
    return step_announce_orders.step_announce_orders(held)


_STEPS = {"Price orders": _price, "Execute orders": _execute, "Announce orders": _announce}
