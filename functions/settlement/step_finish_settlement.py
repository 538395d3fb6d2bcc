"""SettleTrades, last: tell how the run has ended."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from hub.application.settlement.finish_settlement import SettlementResult
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_finish_settlement(event: Mapping[str, Any]) -> dict[str, Any]:
    pages = event["pages"]
    complete = hub().finish_settlement(
        SettlementResult(
            date.fromisoformat(event["as_of"]),
            sum(each["settled"] for each in pages),
            sum((Decimal(each) for page in pages for each in page["amounts"]), Decimal(0)),
            tuple(account for each in pages for account in each["failed"]),
            event["ranges"] - len(pages),
            event["trace_id"],
        )
    )
    return {"complete": complete}


handler = step_handler(step_finish_settlement)
