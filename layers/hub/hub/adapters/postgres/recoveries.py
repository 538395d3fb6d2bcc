"""Orders on the ladder of recovery, in PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database, Row
from hub.adapters.postgres.order_rows import order_of
from hub.application.books import Destination, audit_payload, canonical, domain_event
from hub.application.ports.messages import Message
from hub.application.ports.operations import Recovery, Told, Trouble, TroubledOrder
from hub.domain.kernel import OrderId
from hub.domain.orders.order import Order
from hub.domain.orders.recovery import RecoveryState

_WIDTH = 9


@dataclass(frozen=True, slots=True)
class PostgresRecoveries:
    database: Database

    def find(self, order_id: OrderId) -> Recovery | None:
        row = self.database.one(compiled.FIND_RECOVERY, {"b_order_id": order_id})
        return _recovery(row) if row else None

    def order(self, order_id: OrderId) -> Order | None:
        row = self.database.one(compiled.FIND_ANY_ORDER, {"b_order_id": order_id})
        return order_of(row) if row else None

    def begin(self, told: Told, message: Mapping[str, str]) -> Message | None:
        more = {"b_message": json.dumps(dict(message))}
        return self._tell(compiled.BEGIN_RECOVERY, told, more)

    def plan(self, told: Told, episode: int, tries: int, at: datetime) -> Message | None:
        more = {"b_episode": episode, "b_tries": tries, "b_next_try_at": at}
        return self._tell(compiled.PLAN_RETRY, told, more)

    def ask(self, told: Told, episode: int, tries: int, task_token: str) -> Message | None:
        more = {"b_episode": episode, "b_tries": tries, "b_task_token": task_token}
        message = self._tell(compiled.ASK_PERSON, told, more)
        if message is None:
            named = {"b_order_id": told.order_id, "b_reason": _reason(told), **more}
            self.database.rows(compiled.RENEW_TASK_TOKEN, named)
        return message

    def end(self, told: Told) -> Message | None:
        return self._tell(compiled.END_RECOVERY, told, {})

    def troubled(self, wanted: Trouble, limit: int) -> Sequence[TroubledOrder]:
        rows = self.database.rows(
            compiled.LIST_TROUBLED,
            {
                "b_manual": wanted.manual,
                "b_silent_since": wanted.silent_since,
                "b_due_before": wanted.due_before,
                "b_limit": limit,
            },
        )
        return [
            TroubledOrder(order_of(row[_WIDTH:]), _recovery(row) if row[0] else None)
            for row in rows
        ]

    def _tell(self, statement: str, told: Told, more: Mapping[str, Any]) -> Message | None:
        cause, detail = told.cause, {"order_id": told.order_id, **told.detail}
        message = Message(
            told.message_id,
            told.account_id,
            Destination.BUS,
            domain_event(told.kind, told.account_id, detail),
        )
        row = self.database.one(
            statement,
            {
                "b_order_id": told.order_id,
                "b_account_id": told.account_id,
                "b_reason": _reason(told),
                "b_kind": told.kind,
                "b_cause": cause.action,
                "b_detail": canonical(told.detail),
                "b_market_time": cause.market_time,
                "b_at": cause.at,
                "b_audit_payload": audit_payload(cause, detail),
                "b_message_id": message.message_id,
                "b_destination": message.destination,
                "b_body": message.body,
                **more,
            },
        )
        return message if row else None


def _reason(told: Told) -> str:
    return str(told.detail["reason"])


def _recovery(row: Row) -> Recovery:
    episode, state, tries, reason, message, *rest = row[:_WIDTH]
    return Recovery(
        order_of(row[_WIDTH:]), episode, RecoveryState(state), tries, reason, message, *rest
    )
