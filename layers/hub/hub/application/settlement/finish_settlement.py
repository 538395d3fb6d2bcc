"""Tell how a run of SettleTrades has ended, and what is left; what could not settle is an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from hub.application.alarms import Alarms
from hub.application.ports.settlement import AccountRange
from hub.domain.kernel import AccountId, plain


class RangeSettled(NamedTuple):
    """`failed` are accounts that could not be settled, by themselves either."""

    settled: int
    amount: Decimal
    failed: Sequence[AccountId]


class SettlementResult(NamedTuple):
    """What came of each range, None where it failed; `settled` and `amount` were before it."""

    as_of: date
    trace_id: str
    ranges: Sequence[AccountRange]
    results: Sequence[RangeSettled | None]
    settled: int
    amount: Decimal


class SettlementEnd(NamedTuple):
    """`left` is to be tried again; without any, all has settled."""

    left: Sequence[AccountRange]
    settled: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FinishSettlement:
    alarms: Alarms

    def __call__(self, run: SettlementResult) -> SettlementEnd:
        """Raises UnavailableError where the bus does not answer."""
        pairs = zip(run.ranges, run.results, strict=True)
        failed_ranges = [each for each, result in pairs if result is None]
        done = [each for each in run.results if each is not None]
        failed = [account for each in done for account in each.failed]
        end = SettlementEnd(
            [*failed_ranges, *(AccountRange.of(each) for each in failed)],
            run.settled + sum(each.settled for each in done),
            sum((each.amount for each in done), run.amount),
        )
        self.alarms(
            "SettlementIncomplete" if end.left else "SettlementFinished",
            {
                "as_of": run.as_of.isoformat(),
                "settled": end.settled,
                "amount": plain(end.amount, 2),
                "failed_accounts": failed,
                "failed_ranges": len(failed_ranges),
                "trace_id": run.trace_id,
            },
        )
        return end
