"""SettleTrades, for each range until nothing of it is left: settle a page of its accounts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from hub.application.ports.settlement import AccountRange
from hub.application.settlement.settle_accounts import SettleAccountsCommand
from hub.bootstrap import hub
from hub.domain.kernel import plain
from hub.entrypoints.step import step_handler


def step_settle_accounts(event: Mapping[str, Any]) -> dict[str, Any]:
    done = hub().settle_accounts(
        SettleAccountsCommand(
            AccountRange(**event["range"]),
            date.fromisoformat(event["as_of"]),
            datetime.fromisoformat(event["market_time"]),
            event["trace_id"],
        )
    )
    return {
        "settled": done.settled,
        "amount": plain(done.amount, 2),
        "failed": list(done.failed),
        "next": done.next._asdict() if done.next else None,
    }


handler = step_handler(step_settle_accounts)
