"""Queue orders-routed: do what each order at the outside venue needs next."""

from collections.abc import Sequence

from hub.application.orders.follow_order import FollowOrderCommand
from hub.application.ports.messages import Failed
from hub.bootstrap import hub
from hub.domain.kernel import OrderId, UnavailableError
from hub.entrypoints.logs import logger
from hub.entrypoints.queue import Received, queue_handler
from hub.entrypoints.wire import is_uuid


def on_order_routed(messages: Sequence[Received], trace_id: str) -> list[str]:
    return [each.message_id for each in messages if not _followed(each, trace_id)]


def _followed(message: Received, trace_id: str) -> bool:
    order_id = message.body.get("order_id", "")
    if not is_uuid(order_id):
        return False
    try:
        hub().follow_order(FollowOrderCommand(OrderId(order_id), trace_id))
    except UnavailableError as error:
        logger.warning(
            "the order has to be looked at again", order_id=order_id, detail=error.detail
        )
        return False
    return True


def _postpone(failed: Sequence[Failed]) -> None:
    hub().postpone_failed(failed)


handler = queue_handler(on_order_routed, _postpone)
