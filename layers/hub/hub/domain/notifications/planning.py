"""When something is told: at once, when the quiet hours end, with the day's rest, or again."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from hub.domain.notifications.preferences import Channel, Preferences, Topic, When

# More than these an hour wait for the hour's end, and come together: nobody's mailbox is filled.
MOST_AN_HOUR = {Channel.EMAIL: 30, Channel.SMS: 10}
HOUR = timedelta(hours=1)
# Who took a message to send it has so long; then whoever comes takes it again.
LEASE = timedelta(minutes=5)
# The waits between the tries to send one: it is given up half a day after the first.
WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 480))


class Plan(NamedTuple):
    """What is `bundled` leaves with all that is due with it, as one message."""

    due_at: datetime
    bundled: bool


def plan(
    preferences: Preferences, channel: Channel, topic: Topic, now: datetime, lately: int
) -> Plan | None:
    """None for what the customer does not want. `lately`: so many left one by one this hour."""
    when = preferences.when(channel, topic)
    if when is When.OFF:
        return None
    if when is When.DAILY:
        return Plan(_next(preferences.daily_at, preferences, now), bundled=True)
    quiet_until = _quiet_until(preferences, now)
    if quiet_until is not None:
        return Plan(quiet_until, bundled=True)
    if lately >= MOST_AN_HOUR[channel]:
        return Plan(_end_of_hour(now), bundled=True)
    return Plan(now, bundled=False)


def next_try(tries: int, now: datetime) -> datetime | None:
    """After so many in vain; None when it is given up."""
    return now + WAITS[tries - 1] if tries <= len(WAITS) else None


def _quiet_until(preferences: Preferences, now: datetime) -> datetime | None:
    quiet = preferences.quiet_hours
    if quiet is None:
        return None
    local = now.astimezone(preferences.zone).time()
    if quiet.begins < quiet.ends:
        is_quiet = quiet.begins <= local < quiet.ends
    else:
        is_quiet = local >= quiet.begins or local < quiet.ends
    return _next(quiet.ends, preferences, now) if is_quiet else None


def _next(wanted: time, preferences: Preferences, now: datetime) -> datetime:
    """When it is that time by the customer's clock next."""
    day = now.astimezone(preferences.zone).date()
    for days in (0, 1):
        moment = datetime.combine(day + timedelta(days=days), wanted, preferences.zone)
        if moment.timestamp() > now.timestamp():
            break
    return moment.astimezone(now.tzinfo)


def _end_of_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + HOUR
