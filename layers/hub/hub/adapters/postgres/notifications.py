"""Notifications and preferences in PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.adapters.postgres import compiled
from hub.adapters.postgres.arrays import arrays
from hub.adapters.postgres.connection import Database, Row
from hub.adapters.postgres.sealed import phone_field
from hub.application.books import canonical
from hub.application.ports.notifications import (
    Claimed,
    Notification,
    OrderNews,
    Recipient,
)
from hub.application.ports.vault import Vault
from hub.domain.kernel import AccountId, CustomerId
from hub.domain.notifications.preferences import (
    DEFAULT,
    Channel,
    Language,
    Preferences,
    QuietHours,
    Topic,
    When,
)
from hub.domain.notifications.wording import TOPICS

# Events looked through in one transaction, and notifications that one message tells.
MOST_NEWS = 500
MOST_CLAIMED = 2000
_WRITTEN = "notification_id event channel user_id topic kind facts due_at bundled created_at"


@dataclass(slots=True)
class _Turn:
    database: Database
    account_id: AccountId
    head: int
    customer_id: CustomerId
    preferences: Preferences
    lately: Mapping[Channel, int]
    news: Sequence[OrderNews]
    more: bool

    def plan(self, notifications: Sequence[Notification]) -> None:
        last = self.news[-1].sequence if self.news else 0
        seen = last if self.more else max(last, self.head)
        self.database.commit_with(
            compiled.PLAN_NOTIFICATIONS,
            {"b_account_id": self.account_id, "b_seen": seen, **_planned(notifications)},
        )


@dataclass(frozen=True, slots=True)
class PostgresNotifications:
    database: Database

    @contextmanager
    def turn(self, account_id: AccountId, since: datetime) -> Iterator[_Turn | None]:
        asked = {
            "b_account_id": account_id,
            "b_since": since,
            "b_kinds": list(TOPICS),
            "b_limit": MOST_NEWS,
        }
        first = [
            (compiled.BEGIN_NOTIFICATION_CURSOR, asked),
            (compiled.LOCK_NOTIFICATION_CURSOR, asked),
            (compiled.COUNT_LATELY_OF_ACCOUNT, asked),
            (compiled.LIST_ORDER_NEWS, asked),
        ]
        with self.database.transaction(first) as (_, locked, lately, news):
            if not locked:
                yield None
                return
            seen, head, customer_id, *wishes = locked[0]
            yield _Turn(
                self.database,
                account_id,
                max(seen, head),
                customer_id,
                _preferences(wishes, None),
                {Channel(channel): count for channel, count in lately},
                [OrderNews(*row) for row in news],
                len(news) == MOST_NEWS,
            )

    def due(self, at: datetime, limit: int) -> Sequence[Recipient]:
        rows = self.database.rows(compiled.LIST_DUE_RECIPIENTS, {"b_at": at, "b_limit": limit})
        return [Recipient(customer_id, Channel(channel)) for customer_id, channel in rows]

    def claim(self, to: Recipient, at: datetime, until: datetime) -> Sequence[Claimed]:
        rows = self.database.rows(
            compiled.CLAIM_NOTIFICATIONS,
            {
                "b_user_id": to.customer_id,
                "b_channel": to.channel,
                "b_at": at,
                "b_until": until,
                "b_limit": MOST_CLAIMED,
            },
        )
        return sorted(map(_claimed, rows))

    def sent(self, notification_ids: Sequence[str], at: datetime) -> None:
        self._end(notification_ids, "sent", at)

    def give_up(self, notification_ids: Sequence[str], at: datetime) -> None:
        self._end(notification_ids, "failed", at)

    def postpone(self, notification_ids: Sequence[str], until: datetime) -> None:
        self.database.rows(
            compiled.POSTPONE_NOTIFICATIONS,
            {"b_notification_ids": list(notification_ids), "b_until": until},
        )

    def prune(self, before: datetime, limit: int) -> int:
        asked = {"b_before": before, "b_limit": limit}
        return len(self.database.rows(compiled.PRUNE_NOTIFICATIONS, asked))

    def _end(self, notification_ids: Sequence[str], state: str, at: datetime) -> None:
        self.database.rows(
            compiled.END_NOTIFICATIONS,
            {"b_notification_ids": list(notification_ids), "b_state": state, "b_at": at},
        )


@dataclass(frozen=True, slots=True)
class PostgresCustomersPreferences:
    database: Database
    vault: Vault

    def of(self, customer_id: CustomerId) -> Preferences:
        row = self.database.one(compiled.FIND_PREFERENCES, {"b_user_id": customer_id})
        if row is None:
            return DEFAULT
        *wishes, sealed = row
        phone = None
        if sealed is not None:
            phone = self.vault.of(customer_id).open(phone_field(customer_id), sealed).decode()
        return _preferences(wishes, phone)

    def replace(self, customer_id: CustomerId, wanted: Preferences, at: datetime) -> None:
        phone = None
        if wanted.phone is not None:
            seal = self.vault.of(customer_id)
            phone = seal.close(phone_field(customer_id), wanted.phone.encode())
        quiet = wanted.quiet_hours
        choices = {str(channel): chosen for channel, chosen in wanted.choices.items()}
        self.database.rows(
            compiled.REPLACE_PREFERENCES,
            {
                "b_user_id": customer_id,
                "b_language": wanted.language,
                "b_time_zone": wanted.time_zone,
                "b_phone": phone,
                "b_choices": canonical(choices),
                "b_quiet_begins": quiet and quiet.begins,
                "b_quiet_ends": quiet and quiet.ends,
                "b_daily_at": wanted.daily_at,
                "b_at": at,
            },
        )


def _planned(notifications: Sequence[Notification]) -> dict[str, str]:
    return arrays("planned", _WRITTEN, [_row(each) for each in notifications])


def _row(each: Notification) -> tuple[Any, ...]:
    return (
        each.notification_id,
        each.event,
        each.channel,
        each.customer_id,
        each.topic,
        each.kind,
        canonical(each.facts),
        each.due_at,
        each.bundled,
        each.created_at,
    )


def _claimed(row: Row) -> Claimed:
    notification_id, topic, *rest = row
    return Claimed(notification_id, Topic(topic), *rest)


def _preferences(wishes: Sequence[Any], phone: str | None) -> Preferences:
    language, time_zone, choices, begins, ends, daily_at = wishes
    if language is None:
        return DEFAULT
    return Preferences(
        Language(language),
        time_zone,
        phone,
        {
            Channel(channel): {Topic(topic): When(when) for topic, when in chosen.items()}
            for channel, chosen in choices.items()
        },
        None if begins is None else QuietHours(begins, ends),
        daily_at,
    )
