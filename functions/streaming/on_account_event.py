"""Queue account-events: tell the listeners of each account what they do not know yet."""

from collections.abc import Sequence

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.queue import Received, queue_handler


def on_account_event(messages: Sequence[Received], _trace_id: str) -> list[str]:
    broken = [each.message_id for each in messages if "account_id" not in each.body]
    whole = [each for each in messages if "account_id" in each.body]
    failed = hub().deliver_account_events([AccountId(each.body["account_id"]) for each in whole])
    return broken + [each.message_id for each in whole if each.body["account_id"] in failed]


handler = queue_handler(on_account_event)
