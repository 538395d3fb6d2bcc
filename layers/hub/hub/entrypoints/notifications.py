"""What the handlers of notifications take and show."""

from datetime import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hub.domain.notifications.preferences import (
    Channel,
    Language,
    Preferences,
    QuietHours,
    Topic,
    When,
)
from hub.entrypoints.wire import Choice, Incoming, Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping

_Wanted = Annotated[When, Choice]
_Clock = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"], max_length=5)
]


class EmailChoicesIn(Incoming):
    """Each `at_once`, `daily` or `off`. What is about safety is mailed at once in any case."""

    order_executed: _Wanted = When.AT_ONCE
    order_partly_executed: _Wanted = When.OFF
    order_failed: _Wanted = When.AT_ONCE
    order_attention: _Wanted = When.AT_ONCE


class SmsChoicesIn(Incoming):
    order_executed: _Wanted = When.OFF
    order_partly_executed: _Wanted = When.OFF
    order_failed: _Wanted = When.OFF
    order_attention: _Wanted = When.OFF
    security: Literal["at_once", "off"] = "off"


class QuietHoursIn(Incoming):
    """By the clock of `time_zone`; what happens meanwhile is told when they end, as one."""

    begins: _Clock
    ends: Annotated[_Clock, Field(examples=["07:00"])]


class PreferencesIn(Incoming):
    """`daily_at` is when what is wanted `daily` comes, as one message."""

    language: Annotated[Language, Choice] = Language.ENGLISH
    time_zone: Annotated[str, Field(min_length=1, max_length=64, examples=["America/Sao_Paulo"])]
    phone: Annotated[
        str | None,
        Field(pattern=r"^\+[1-9][0-9]{6,14}$", max_length=16, examples=["+5511987654321"]),
    ] = None
    email: Annotated[EmailChoicesIn, Field(default_factory=EmailChoicesIn)]
    sms: Annotated[SmsChoicesIn, Field(default_factory=SmsChoicesIn)]
    quiet_hours: QuietHoursIn | None = None
    daily_at: Annotated[_Clock, Field(examples=["18:00"])] = "18:00"


class QuietHoursOut(Outgoing):
    begins: str
    ends: str


class PreferencesOut(Outgoing):
    """`email` and `sms` say of each topic whether it is told at once, daily or not."""

    language: str
    time_zone: str
    phone: str | None
    email: dict[str, str]
    sms: dict[str, str]
    quiet_hours: QuietHoursOut | None
    daily_at: str


def preferences_of(given: PreferencesIn) -> Preferences:
    quiet = given.quiet_hours
    return Preferences(
        given.language,
        given.time_zone,
        given.phone,
        {Channel.EMAIL: _choices(given.email), Channel.SMS: _choices(given.sms)},
        QuietHours(_time(quiet.begins), _time(quiet.ends)) if quiet else None,
        _time(given.daily_at),
    )


def preferences_out(preferences: Preferences) -> PreferencesOut:
    quiet = preferences.quiet_hours
    shown = {
        channel: {topic.value: preferences.when(channel, topic).value for topic in Topic}
        for channel in Channel
    }
    return PreferencesOut(
        language=preferences.language,
        time_zone=preferences.time_zone,
        phone=preferences.phone,
        email=shown[Channel.EMAIL],
        sms=shown[Channel.SMS],
        quiet_hours=QuietHoursOut(begins=f"{quiet.begins:%H:%M}", ends=f"{quiet.ends:%H:%M}")
        if quiet
        else None,
        daily_at=f"{preferences.daily_at:%H:%M}",
    )


def _choices(given: Incoming) -> "Mapping[Topic, When]":
    return {Topic(topic): When(when) for topic, when in given}


def _time(text: str) -> time:
    return time.fromisoformat(text)
