"""RecoverOrder, last: the order is in the manual list, and the machine waits for a person."""

from collections.abc import Mapping
from typing import Any

from hub.application.orders.ask_operator import AskOperatorCommand
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_ask_operator(event: Mapping[str, Any]) -> dict[str, Any]:
    hub().ask_operator(
        AskOperatorCommand(
            event["order_id"],
            event["episode"],
            event["tries"],
            event["reason"],
            event["task_token"],
            event["trace_id"],
        )
    )
    return {}


handler = step_handler(step_ask_operator)
