"""Queue orders-submitted: hand each batch to ProcessOrder, and take back what failed."""

from collections.abc import Sequence

from hub.application.ports.messages import Failed
from hub.bootstrap import hub
from hub.domain.kernel import UnavailableError
from hub.entrypoints.logs import logger
from hub.entrypoints.queue import Received, queue_handler

WANTED = {"order_id", "account_id", "symbol"}


def on_order_submitted(messages: Sequence[Received], trace_id: str) -> list[str]:
    broken = [each.message_id for each in messages if not each.body.keys() >= WANTED]
    whole = [each for each in messages if each.body.keys() >= WANTED]
    return broken + _processed(whole, trace_id)


def _processed(messages: Sequence[Received], trace_id: str) -> list[str]:
    try:
        failed = set(hub().process_submitted([each.body for each in messages], trace_id))
    except UnavailableError as error:
        logger.warning("the batch failed", detail=error.detail)
        return [each.message_id for each in messages]
    return [each.message_id for each in messages if each.body["order_id"] in failed]


def _postpone(failed: Sequence[Failed]) -> None:
    hub().postpone_failed(failed)


handler = queue_handler(on_order_submitted, _postpone)
