"""Tell how a run of SettleTrades has ended; what could not settle is an alarm."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from hub.application.alarms import Alarms
from hub.domain.kernel import plain


class SettlementResult(NamedTuple):
    """`failed` are accounts that could not be settled, `ranges` whole ranges of accounts."""

    as_of: date
    settled: int
    amount: Decimal
    failed: tuple[str, ...]
    ranges: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class FinishSettlement:
    alarms: Alarms

    def __call__(self, result: SettlementResult) -> bool:
        """Whether everything settled. Raises UnavailableError where the bus does not answer."""
        complete = not result.failed and not result.ranges
        self.alarms(
            "SettlementFinished" if complete else "SettlementIncomplete",
            {
                "as_of": result.as_of.isoformat(),
                "settled": result.settled,
                "amount": plain(result.amount, 2),
                "failed_accounts": list(result.failed),
                "failed_ranges": result.ranges,
                "trace_id": result.trace_id,
            },
        )
        return complete
