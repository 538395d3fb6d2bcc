"""Queue notices-requested: send the one-time tokens and reminders that were asked for."""

from collections.abc import Sequence

from hub.bootstrap import hub
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.kernel import UnavailableError
from hub.entrypoints.logs import logger
from hub.entrypoints.queue import Received, queue_handler


def on_notice_requested(messages: Sequence[Received], _trace_id: str) -> list[str]:
    return [each.message_id for each in messages if not _sent(each)]


def _sent(message: Received) -> bool:
    try:
        hub().send_notice(
            Purpose(message.body["purpose"]), bytes.fromhex(message.body["email_index"])
        )
    except (KeyError, TypeError, ValueError):
        logger.warning("a request for no notice of ours", message_id=message.message_id)
        return False
    except UnavailableError as error:
        logger.warning("the notice was not sent", detail=error.detail)
        return False
    return True


handler = queue_handler(on_notice_requested)
