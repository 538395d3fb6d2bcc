"""Start a run of SettleTrades because an administrator wants one."""

from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.settlement import SettlementRun, SettlementRuns
from hub.application.settlement.market_day import MarketDays


@dataclass(frozen=True, slots=True)
class RunSettlement:
    market_days: MarketDays
    runs: SettlementRuns
    record: AdminRecord

    def __call__(self, who: Administrator) -> SettlementRun:
        """Whether or not anything is due. Raises UnavailableError."""
        today = self.market_days.current()
        run = SettlementRun(
            f"{today.day}-{who.trace_id}", today.day, today.market_time, who.trace_id
        )
        self.record(who, "run_settlement", {"run": run.name, "as_of": today.day.isoformat()})
        self.runs.start(run)
        return run
