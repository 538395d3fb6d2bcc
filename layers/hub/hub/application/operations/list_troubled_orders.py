"""The orders that do not move on by themselves, or are in the hands of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.market import MarketData
from hub.application.ports.operations import Recoveries, Trouble, TroubledOrder
from hub.application.ports.system import Clock

# Quick technical retries take their time; what is silent for longer is in trouble.
_SILENT = timedelta(minutes=5)
_OVERDUE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ListTroubledOrders:
    recoveries: Recoveries
    market_data: MarketData
    record: AdminRecord
    clock: Clock

    def __call__(self, who: Administrator, *, manual: bool, limit: int) -> Sequence[TroubledOrder]:
        """Longest in trouble first; with `manual` only those that a person has to decide."""
        self.record(who, "list_troubled_orders", {"manual": manual})
        now = self.clock.now()
        market_time = self.market_data.view([]).clock.held_at(now)
        wanted = Trouble(manual, now - _SILENT, market_time - _OVERDUE)
        return self.recoveries.troubled(wanted, limit)
