"""Queue notable-events: tell the customers of these accounts what they want to be told."""

from collections.abc import Sequence

from hub.bootstrap import hub
from hub.domain.kernel import AccountId
from hub.entrypoints.queue import Received, queue_handler


def on_notable_event(messages: Sequence[Received], _trace_id: str) -> list[str]:
    whole = [each for each in messages if "account_id" in each.body]
    hub().notify_customers([AccountId(each.body["account_id"]) for each in whole])
    return [each.message_id for each in messages if "account_id" not in each.body]


handler = queue_handler(on_notable_event)
