"""What a customer wants to be told, where, and when; and what they are told who never said."""

from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.domain.kernel import Fault, InvalidInputError, RejectedError


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Topic(StrEnum):
    ORDER_EXECUTED = "order_executed"
    ORDER_PARTLY_EXECUTED = "order_partly_executed"
    ORDER_FAILED = "order_failed"
    ORDER_ATTENTION = "order_attention"
    SECURITY = "security"


class When(StrEnum):
    AT_ONCE = "at_once"
    DAILY = "daily"
    OFF = "off"


class Language(StrEnum):
    ENGLISH = "en"
    PORTUGUESE = "pt"


Choices = Mapping[Topic, When]


class QuietHours(NamedTuple):
    """By the customer's own clock; they may go past midnight."""

    begins: time
    ends: time


class Preferences(NamedTuple):
    """`phone` is in E.164's form. `daily_at` is by the customer's clock too."""

    language: Language
    time_zone: str
    phone: str | None
    choices: Mapping[Channel, Choices]
    quiet_hours: QuietHours | None
    daily_at: time

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def when(self, channel: Channel, topic: Topic) -> When:
        """What guards a customer's account is told by mail at once, whatever was chosen."""
        if channel is Channel.EMAIL and topic is Topic.SECURITY:
            return When.AT_ONCE
        return self.choices.get(channel, {}).get(topic, DEFAULT.choices[channel][topic])


DEFAULT = Preferences(
    language=Language.ENGLISH,
    time_zone="America/New_York",
    phone=None,
    choices={
        Channel.EMAIL: {
            Topic.ORDER_EXECUTED: When.AT_ONCE,
            # An order may be filled in a hundred parts; its end is told in any case.
            Topic.ORDER_PARTLY_EXECUTED: When.OFF,
            Topic.ORDER_FAILED: When.AT_ONCE,
            Topic.ORDER_ATTENTION: When.AT_ONCE,
            Topic.SECURITY: When.AT_ONCE,
        },
        Channel.SMS: dict.fromkeys(Topic, When.OFF),
    },
    quiet_hours=None,
    daily_at=time(18, 0),
)


def check_preferences(wanted: Preferences) -> None:
    """Raises InvalidInputError, and RejectedError for messages to a phone that nobody named."""
    faults = []
    if not _is_zone(wanted.time_zone):
        faults.append(Fault("time_zone", "zone", "a name of the IANA time zones is wanted"))
    quiet = wanted.quiet_hours
    if quiet is not None and quiet.begins == quiet.ends:
        faults.append(Fault("quiet_hours", "length", "they begin when they end"))
    if faults:
        raise InvalidInputError("the preferences break a rule", faults=tuple(faults))
    told = any(wanted.when(Channel.SMS, topic) is not When.OFF for topic in Topic)
    if told and wanted.phone is None:
        raise RejectedError("messages by SMS need a phone number", code="phone_wanted")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
