"""Queue orders-dlq: each order whose message was given up begins its way up the ladder."""

from collections.abc import Sequence

from hub.application.orders.begin_recovery import BeginRecoveryCommand
from hub.bootstrap import hub
from hub.domain.kernel import OrderId, UnavailableError
from hub.entrypoints.logs import logger
from hub.entrypoints.queue import Received, queue_handler
from hub.entrypoints.wire import is_uuid


def on_order_undelivered(messages: Sequence[Received], trace_id: str) -> list[str]:
    return [each.message_id for each in messages if not _taken(each, trace_id)]


def _taken(message: Received, trace_id: str) -> bool:
    order_id = message.body.get("order_id", "")
    if not is_uuid(order_id):
        return False
    try:
        return hub().begin_recovery(BeginRecoveryCommand(OrderId(order_id), message.body, trace_id))
    except UnavailableError as error:
        logger.warning("the recovery could not begin", order_id=order_id, detail=error.detail)
        return False


handler = queue_handler(on_order_undelivered)
