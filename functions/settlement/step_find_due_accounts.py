"""SettleTrades, first: the accounts to which something is due, as ranges."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_find_due_accounts(event: Mapping[str, Any]) -> dict[str, Any]:
    found = hub().find_due_accounts(date.fromisoformat(event["as_of"]))
    return {"ranges": [each._asdict() for each in found]}


handler = step_handler(step_find_due_accounts)
