"""ProcessOrder, second: decide the batch and book it, in one transaction."""

from collections.abc import Mapping
from typing import Any

from hub.application.orders.election import election_from
from hub.application.orders.execute_orders import ExecuteOrdersCommand, OrderToProcess
from hub.application.orders.price_orders import view_from_record
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_execute_orders(event: Mapping[str, Any]) -> dict[str, Any]:
    orders = [
        OrderToProcess(each["order_id"], each["account_id"], election_from(each))
        for each in event["orders"]
    ]
    view = view_from_record(event["view"])
    executed = hub().execute_orders(ExecuteOrdersCommand(orders, view, event["trace_id"]))
    return {
        "failed": list(executed.failed),
        "messages": [message._asdict() for message in executed.messages],
    }


handler = step_handler(step_execute_orders)
