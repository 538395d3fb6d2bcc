"""ProcessOrder, last: tell the bus what happened; what cannot be sent stays in the outbox."""

from collections.abc import Mapping
from typing import Any

from hub.application.ports.messages import Message
from hub.bootstrap import hub
from hub.entrypoints.step import step_handler


def step_announce_orders(event: Mapping[str, Any]) -> dict[str, Any]:
    messages = [Message(**each) for each in event["messages"]]
    return {"published": hub().announce_orders(messages)}


handler = step_handler(step_announce_orders)
