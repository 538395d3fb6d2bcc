"""Settlement in a run: its job, and SettleTrades, each step a process of its own that may die."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from functions.settlement import (
    job_settle_trades,
    step_find_due_accounts,
    step_finish_settlement,
    step_settle_accounts,
)
from hub.application.ports.settlement import SettlementRun
from hub.domain.kernel import HubError, UnavailableError
from tests.simulation.chance import Fault
from tests.simulation.plan import Act
from tests.simulation.scheduler import KilledError, Scheduler

if TYPE_CHECKING:
    from tests.simulation.world import World

HANDLERS = (
    job_settle_trades,
    step_find_due_accounts,
    step_finish_settlement,
    step_settle_accounts,
)
_TRIES = 6
_NOTHING = {"settled": 0, "amount": "0.00"}


class SimulatedRuns:
    """The SettlementRuns port: the machine goes on by itself."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def start(self, run: SettlementRun) -> None:
        starter = self._scheduler.running
        assert starter is not None
        self._scheduler.seam("before start settlement", Fault.KILL)
        self._scheduler.spawn(
            f"{starter.name}/settlement", lambda: self._settle(run), self._scheduler.clock.now()
        )
        self._scheduler.seam("after start settlement", Fault.KILL)

    def _settle(self, run: SettlementRun) -> None:
        """As its definition says; a run that fails leaves the rest to the next."""
        given = {
            "as_of": run.as_of.isoformat(),
            "market_time": run.market_time.isoformat(),
            "trace_id": run.trace_id,
        }
        with suppress(UnavailableError):
            found = self._step(step_find_due_accounts.step_find_due_accounts, given)
            results = [self._range(given, each) for each in found["ranges"]]
            done = {**given, "ranges": found["ranges"], "results": results, "before": _NOTHING}
            self._step(step_finish_settlement.step_finish_settlement, done)

    def _range(self, given: Mapping[str, Any], left: Mapping[str, Any] | None) -> dict[str, Any]:
        page: dict[str, Any] = {"settled": 0, "amounts": [], "failed": []}
        while left is not None:
            done = self._step(
                step_settle_accounts.step_settle_accounts, {**given, "range": dict(left)}
            )
            page["settled"] += done["settled"]
            page["amounts"].append(done["amount"])
            page["failed"] += done["failed"]
            left = done["next"]
        return page

    def _step(
        self, task: Callable[[Mapping[str, Any]], dict[str, Any]], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Raises UnavailableError when it failed as often as it is tried."""
        for attempt in range(_TRIES):
            self._scheduler.sleep(float(attempt))
            try:
                with self._scheduler.process():
                    self._scheduler.seam("begin step", Fault.KILL)
                    result = task(given)
                    self._scheduler.seam("end step", Fault.KILL)
            except (KilledError, UnavailableError):
                continue
            out: dict[str, Any] = json.loads(json.dumps(result))
            return out
        raise UnavailableError("the step failed too often")


def settle(world: "World", _act: Act) -> None:
    world.scheduler.seam("job", Fault.KILL)
    with suppress(HubError):
        job_settle_trades.job_settle_trades("simulation")
