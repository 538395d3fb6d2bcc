"""Start a run of SettleTrades when something has fallen due."""

from dataclasses import dataclass

from hub.application.ports.settlement import SettlementRun, SettlementRuns, Settlements
from hub.application.settlement.market_day import MarketDays


@dataclass(frozen=True, slots=True)
class SettleTrades:
    """Runs as often as it likes: what has settled is due no more."""

    settlements: Settlements
    market_days: MarketDays
    runs: SettlementRuns

    def __call__(self, trace_id: str) -> int:
        """How many runs were started; none while nobody keeps the market's clock."""
        today = self.market_days.current()
        if not today.running or not self.settlements.is_due(today.day):
            return 0
        name = f"{today.day}-{trace_id}"
        self.runs.start(SettlementRun(name, today.day, today.market_time, trace_id))
        return 1
