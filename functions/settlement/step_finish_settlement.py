"""SettleTrades, last: tell how the run has ended, and what is left of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from hub.application.ports.settlement import AccountRange
from hub.application.settlement.finish_settlement import RangeSettled, SettlementResult
from hub.bootstrap import hub
from hub.domain.kernel import AccountId, plain
from hub.entrypoints.step import step_handler


def step_finish_settlement(event: Mapping[str, Any]) -> dict[str, Any]:
    before = event["before"]
    ended = hub().finish_settlement(
        SettlementResult(
            date.fromisoformat(event["as_of"]),
            event["trace_id"],
            [AccountRange(**each) for each in event["ranges"]],
            [each and _settled(each) for each in event["results"]],
            before["settled"],
            Decimal(before["amount"]),
        )
    )
    return {
        "left": [each._asdict() for each in ended.left],
        "settled": ended.settled,
        "amount": plain(ended.amount, 2),
    }


def _settled(result: Mapping[str, Any]) -> RangeSettled:
    return RangeSettled(
        result["settled"],
        sum(map(Decimal, result["amounts"]), Decimal(0)),
        [AccountId(each) for each in result["failed"]],
    )


handler = step_handler(step_finish_settlement)
