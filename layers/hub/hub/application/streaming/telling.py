"""How a subscriber is told what it does not know yet: in order, without a gap."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.application.ports.streaming import (
    AccountEvent,
    AccountLog,
    Connections,
    Posts,
    Subscription,
)
from hub.domain.kernel import AccountId, NotFoundError, RejectedError

# Of the largest events, which bear a quote and a trade, these fit into a frame of 128 KB.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Telling:
    """At least once: who dies between telling and remembering it makes another tell it again.

    Sequence numbers tell the client what it has seen already.
    """

    connections: Connections
    log: AccountLog
    posts: Posts

    def catch_up(self, subscription: Subscription) -> int:
        """How many events the subscriber was told. Raises UnavailableError."""
        told = 0
        while True:
            with self.connections.turn(subscription) as turn:
                if turn is None:
                    return told
                events = self.log.after(subscription.account_id, turn.told, BATCH)
                if not events:
                    return told
                frame = events_frame(subscription.account_id, events)
                there = self.posts.post(subscription.connection_id, frame)
                if there:
                    turn.tell_to(events[-1].sequence)
            if not there:
                self.connections.close(subscription.connection_id)
                return told
            told += len(events)
            if len(events) < BATCH:
                return told

    def say(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        """An answer. A client that has gone is forgotten. Raises UnavailableError."""
        if not self.posts.post(connection_id, json.dumps(frame)):
            self.connections.close(connection_id)


def beginning(head: int | None, after: int | None) -> int:
    """After which number. `head` is the log's last, None where the client has no such account;
    `after` is the last that it has seen, None begins with now.

    Raises NotFoundError and RejectedError.
    """
    if head is None:
        raise NotFoundError("there is no such account")
    if after is not None and after > head:
        detail = f"the account's log ends at {head}"
        raise RejectedError(detail, code="beyond_the_log", extra={"sequence": str(head)})
    return head if after is None else after


def events_frame(account_id: AccountId, events: Sequence[AccountEvent]) -> str:
    told = [event_record(event) for event in events]
    return json.dumps({"type": "events", "account_id": account_id, "events": told})


def event_record(event: AccountEvent) -> dict[str, Any]:
    """An event as clients get it, the same on every road."""
    return {
        **event._asdict(),
        "at": _moment(event.at),
        "market_time": event.market_time and _moment(event.market_time),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
