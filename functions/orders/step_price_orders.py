"""ProcessOrder, first: the quotes of the batch and the market clock."""

from collections.abc import Mapping
from typing import Any

from hub.application.orders.price_orders import view_record
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_price_orders(event: Mapping[str, Any]) -> dict[str, Any]:
    return view_record(hub().price_orders([order["symbol"] for order in event["orders"]]))


handler = step_handler(step_price_orders)
