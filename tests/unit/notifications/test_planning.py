"""When something is told, by the customer's clock, over midnight and over a change of time."""

from datetime import UTC, datetime, time

import pytest

from hub.domain.notifications.planning import MOST_AN_HOUR, Plan, plan
from hub.domain.notifications.preferences import (
    DEFAULT,
    Channel,
    Preferences,
    QuietHours,
    Topic,
    When,
)

NIGHT = QuietHours(time(22, 0), time(7, 0))
IN_LISBON = DEFAULT._replace(time_zone="Europe/Lisbon", quiet_hours=NIGHT)


def planned(preferences: Preferences, now: str, lately: int = 0) -> tuple[str, bool] | None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = plan(preferences, Channel.EMAIL, Topic.ORDER_EXECUTED, moment, lately)
    return found and (f"{found.due_at:%d %H:%M}", found.bundled)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # In January Lisbon has UTC; at the end of March its clocks go forward, in October back.
        ("2026-01-10T21:59", ("10 21:59", False)),
        ("2026-01-10T22:00", ("11 07:00", True)),
        ("2026-01-11T00:00", ("11 07:00", True)),
        ("2026-01-11T06:59", ("11 07:00", True)),
        ("2026-01-11T07:00", ("11 07:00", False)),
        ("2026-03-28T23:00", ("29 06:00", True)),
        ("2026-10-24T23:00", ("25 07:00", True)),
    ],
)
def test_quiet_hours_are_waited_for(now: str, due: tuple[str, bool]):
    assert planned(IN_LISBON, now) == due


def test_what_guards_the_account_cannot_be_silenced():
    silent = IN_LISBON._replace(choices={Channel.EMAIL: dict.fromkeys(Topic, When.OFF)})
    assert planned(silent, "2026-01-11T03:00") is None
    assert silent.when(Channel.EMAIL, Topic.SECURITY) is When.AT_ONCE


def test_what_comes_daily_comes_at_its_time_and_not_twice():
    daily = {Channel.EMAIL: dict.fromkeys(Topic, When.DAILY)}
    wanted = IN_LISBON._replace(choices=daily, daily_at=time(18, 0))
    assert planned(wanted, "2026-07-01T16:59") == ("01 17:00", True)
    assert planned(wanted, "2026-07-01T17:00") == ("02 17:00", True)


def test_too_much_waits_for_the_end_of_the_hour():
    most = MOST_AN_HOUR[Channel.EMAIL]
    assert planned(DEFAULT, "2026-01-10T12:34", lately=most - 1) == ("10 12:34", False)
    assert planned(DEFAULT, "2026-01-10T12:34", lately=most) == ("10 13:00", True)


def test_plans_are_in_utc():
    moment = datetime(2026, 1, 10, 23, 0, tzinfo=UTC)
    assert plan(IN_LISBON, Channel.EMAIL, Topic.ORDER_FAILED, moment, 0) == Plan(
        datetime(2026, 1, 11, 7, 0, tzinfo=UTC), bundled=True
    )
