"""RecoverOrder, each try: process the one order, if that still makes sense."""

from collections.abc import Mapping
from typing import Any

from hub.application.orders.retry_order import RetryOrderCommand
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_retry_order(event: Mapping[str, Any]) -> dict[str, Any]:
    command = RetryOrderCommand(event["order_id"], event["message"], event["trace_id"])
    return {"state": hub().retry_order(command)}


handler = step_handler(step_retry_order)
