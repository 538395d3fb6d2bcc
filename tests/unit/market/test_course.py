"""What may be wished of the market's clock, and where each wish leads."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.domain.kernel import InvalidInputError, RejectedError
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.course import (
    Course,
    Position,
    Step,
    Wish,
    check_wish,
    course_from_record,
    course_record,
    target,
    turned,
    wish_from_record,
    wish_record,
)

COURSE = Course("replay", virtual=True, speed=60.0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(day: int) -> Session:
    return Session(
        "XNYS", date(2012, 6, day), at(f"2012-06-{day:02}T13:30"), at(f"2012-06-{day:02}T20:00")
    )


CALENDAR = Calendar([session(1), session(4)])
NOON = Position(at("2012-06-01T16:00"), at("2012-06-01T17:50"), CALENDAR)
EVENING = Position(at("2012-06-04T21:00"), None, CALENDAR)


@pytest.mark.parametrize(
    ("wish", "moment"),
    [
        (Wish(at=at("2012-06-01T19:59")), at("2012-06-01T19:59")),
        (Wish(at=datetime.fromisoformat("2012-06-01T18:00-01:00")), at("2012-06-01T19:00")),
        (Wish(at=NOON.market), NOON.market),
        (Wish(day=date(2012, 6, 2)), at("2012-06-04T13:30")),
        (Wish(day=date(2012, 6, 4)), at("2012-06-04T13:30")),
        (Wish(step=Step.EVENT), at("2012-06-01T17:50")),
        (Wish(step=Step.SESSION), at("2012-06-04T13:30")),
        (Wish(paused=True), None),
        (Wish(speed=Decimal(2)), None),
    ],
)
def test_a_wish_leads_to_a_later_moment_or_nowhere(wish: Wish, moment: datetime | None):
    assert target(wish, NOON) == moment


@pytest.mark.parametrize(
    "wish", [Wish(at=NOON.market - timedelta.resolution), Wish(day=date(2012, 6, 1))]
)
def test_the_clock_does_not_go_back(wish: Wish):
    with pytest.raises(RejectedError) as refused:
        target(wish, NOON)
    assert refused.value.code == "clock_goes_back"


@pytest.mark.parametrize(
    ("wish", "position"),
    [
        (Wish(at=at("2012-06-04T20:00")), NOON),
        (Wish(at=datetime.max.replace(tzinfo=UTC)), NOON),
        (Wish(day=date(2012, 6, 5)), NOON),
        (Wish(step=Step.SESSION), EVENING),
        (Wish(step=Step.EVENT), EVENING),
    ],
)
def test_the_clock_stays_where_there_is_data(wish: Wish, position: Position):
    with pytest.raises(RejectedError) as refused:
        target(wish, position)
    assert refused.value.code == "beyond_the_data"


def test_what_is_not_wished_for_stays():
    paused = turned(COURSE, Wish(paused=True))
    faster = turned(paused, Wish(speed=Decimal("120.5")))

    assert (paused.speed, paused.paused) == (60.0, True)
    assert (faster.speed, faster.paused) == (120.5, True)
    assert turned(faster, Wish(paused=False)) == COURSE._replace(speed=120.5)
    assert turned(COURSE, Wish(step=Step.EVENT)).paused
    assert not turned(COURSE, Wish(at=NOON.market)).paused


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(), "body"),
        (Wish(at=NOON.market, day=date(2012, 6, 4)), "day"),
        (Wish(at=NOON.market, step=Step.EVENT), "step"),
        (Wish(step=Step.EVENT, paused=False), "paused"),
    ],
)
def test_a_wish_that_contradicts_itself_names_the_field(wish: Wish, field: str):
    with pytest.raises(InvalidInputError) as refused:
        check_wish(wish)
    assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(
    "wish",
    [
        Wish(speed=Decimal("0.5"), paused=False, at=NOON.market),
        Wish(day=date(2012, 6, 4)),
        Wish(step=Step.SESSION),
    ],
)
def test_wishes_and_courses_survive_their_records(wish: Wish):
    course = COURSE._replace(wish="17-3", paused=True)

    assert wish_from_record(json.loads(json.dumps(wish_record(wish)))) == wish
    assert course_from_record(json.loads(json.dumps(course_record(course)))) == course


def test_wishes_are_ordered_by_their_numbers_not_their_letters():
    orders = [COURSE._replace(wish=wish).wish_order for wish in ("", "9-9", "10-0", "10-2")]

    assert orders == sorted(orders)
