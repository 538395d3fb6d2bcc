"""Cron expressions as EventBridge has them: six fields, `?`, `L`, `W`, `#`, a time zone."""

import bisect
import calendar
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8), strict=True))
_LAST_YEAR = 2199

DayTest = Callable[[date], bool]


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    names: dict[str, int]


_MINUTE = _Field("minutes", 0, 59, {})
_HOUR = _Field("hours", 0, 23, {})
_DAY_OF_MONTH = _Field("day-of-month", 1, 31, {})
_MONTH = _Field("month", 1, 12, _MONTHS)
_DAY_OF_WEEK = _Field("day-of-week", 1, 7, _DAYS)
_YEAR = _Field("year", 1970, _LAST_YEAR, {})


class Cron:
    """A time that the clocks skip in spring does not come; one that they repeat comes once."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        fields = expression.upper().split()
        if len(fields) != 6:
            raise ValueError(f"cron({expression}): six fields are needed")
        minutes, hours, day_of_month, month, day_of_week, year = fields
        if (day_of_month == "?") == (day_of_week == "?"):
            raise ValueError(f"cron({expression}): exactly one of the two day fields must be ?")
        self._zone = zone
        hour_set, minute_set = _numbers(_HOUR, hours), _numbers(_MINUTE, minutes)
        self._times = [time(hour, minute) for hour in hour_set for minute in minute_set]
        self._months = set(_numbers(_MONTH, month))
        self._years = set(_numbers(_YEAR, year))
        by_week = day_of_month == "?"
        self._day = _week_days(day_of_week) if by_week else _month_days(day_of_month)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after the moment, in UTC; None when there is none any more."""
        local = moment.astimezone(self._zone)
        passed = bisect.bisect_left(self._times, local.time().replace(second=0, microsecond=0))
        for day in self._days_from(local.date()):
            for at in self._times[passed if day == local.date() else 0 :]:
                due = self._on(day, at)
                if due is not None and due > moment:
                    return due
        return None

    def _days_from(self, day: date) -> Iterator[date]:
        while day.year <= max(self._years):
            if day.year not in self._years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self._months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                if self._day(day):
                    yield day
                day += timedelta(days=1)

    def _on(self, day: date, at: time) -> datetime | None:
        local = datetime.combine(day, at, self._zone)
        due = local.astimezone(UTC)
        exists = due.astimezone(self._zone).replace(tzinfo=None) == local.replace(tzinfo=None)
        return due if exists else None


def _numbers(field: _Field, text: str) -> list[int]:
    """The values of a field that is lists, ranges and steps of numbers or names."""
    return sorted({value for part in text.split(",") for value in _range(field, part)})


def _range(field: _Field, part: str) -> range:
    span, slash, step_text = part.partition("/")
    step = int(step_text) if step_text.isdecimal() else 1
    if slash and (not step_text.isdecimal() or step == 0):
        raise ValueError(f"{field.name}: {part!r} has no step")
    if span == "*":
        return range(field.least, field.most + 1, step)
    first, dash, last = span.partition("-")
    start = _number(field, first)
    end = _number(field, last) if dash else field.most if slash else start
    if end < start:
        raise ValueError(f"{field.name}: {part!r} runs backwards")
    return range(start, end + 1, step)


def _number(field: _Field, text: str) -> int:
    value = field.names.get(text, int(text) if text.isdecimal() else -1)
    if not field.least <= value <= field.most:
        raise ValueError(f"{field.name}: {text!r} is not in {field.least} to {field.most}")
    return value


def _month_days(text: str) -> DayTest:
    if text == "L":
        return lambda day: day.day == _length(day)
    if text == "LW":
        return lambda day: day.day == _nearest_weekday(day, _length(day))
    if match := re.fullmatch(r"(\d{1,2})W", text):
        wanted = _number(_DAY_OF_MONTH, match[1])
        return lambda day: wanted <= _length(day) and day.day == _nearest_weekday(day, wanted)
    days = set(_numbers(_DAY_OF_MONTH, text))
    return lambda day: day.day in days


def _week_days(text: str) -> DayTest:
    if match := re.fullmatch(r"(\w+)#([1-5])", text):
        wanted, nth = _number(_DAY_OF_WEEK, match[1]), int(match[2])
        return lambda day: _week_day(day) == wanted and (day.day + 6) // 7 == nth
    if text == "L":
        return lambda day: _week_day(day) == _DAYS["SAT"]
    if match := re.fullmatch(r"(\w+)L", text):
        wanted = _number(_DAY_OF_WEEK, match[1])
        return lambda day: _week_day(day) == wanted and day.day + 7 > _length(day)
    days = set(_numbers(_DAY_OF_WEEK, text))
    return lambda day: _week_day(day) in days


def _week_day(day: date) -> int:
    """Sunday is 1."""
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    """The working day nearest to the wanted day of this month, never in another month."""
    week_day = day.replace(day=wanted).weekday()
    if week_day == calendar.SATURDAY:
        return wanted - 1 if wanted > 1 else wanted + 2
    if week_day == calendar.SUNDAY:
        return wanted + 1 if wanted < _length(day) else wanted - 2
    return wanted
