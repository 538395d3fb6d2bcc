"""The market's clock in administrators' hands: what they may ask for, and that it is on record."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.kernel import RejectedError
from hub.domain.market.course import Course, Step, Wish
from tests.fixtures.requests import REQUEST_ID, Answer, Front
from tests.fixtures.worlds import Customer


@pytest.fixture
def admin(front: Front) -> Customer:
    customer = front.world.customer()
    customer.scope = "customer admin"
    return customer


def put(front: Front, admin: Customer, **fields: Any) -> Answer:
    body = {"reason": "a rehearsal", **fields}
    return front.call("market.set_feed_clock", admin, body=body)


def recorded(front: Front) -> list[tuple[object, ...]]:
    return front.world.sql("SELECT user_id::text, action, detail, trace_id FROM admin_actions")


def test_the_clock_tells_what_drives_it_and_how_it_runs(front: Front, admin: Customer):
    answer = front.call("market.get_feed_clock", admin)
    assert (answer.status, answer.body) == (
        200,
        {
            "feed": "replay",
            "virtual": True,
            "speed": 60.0,
            "paused": False,
            "running": True,
            "timestamp": "2012-06-01T15:00:00Z",
            "wall_time": "2026-01-05T12:00:00Z",
            "is_open": True,
            "session_date": "2012-06-01",
            "next_open": "2012-06-04T13:30:00Z",
            "next_close": "2012-06-01T20:00:00Z",
        },
    )
    assert recorded(front) == []


def test_what_is_asked_for_reaches_the_source_and_the_record(front: Front, admin: Customer):
    answer = put(front, admin, speed="0.5", paused=True, at="2012-06-01T15:59:00-04:00")
    assert (answer.status, answer.body["speed"], answer.body["paused"]) == (200, 0.5, True)
    moment = datetime(2012, 6, 1, 19, 59, tzinfo=UTC)
    assert front.world.feed.wishes == [Wish(speed=Decimal("0.5"), paused=True, at=moment)]
    asked = {"speed": "0.5", "paused": True, "at": "2012-06-01T15:59:00-04:00"}
    detail = {"reason": "a rehearsal", **asked}
    assert recorded(front) == [(admin.customer_id, "set_feed_clock", detail, REQUEST_ID)]


@pytest.mark.parametrize(
    ("fields", "wish"),
    [
        ({"day": "2012-07-02"}, Wish(day=date(2012, 7, 2))),
        ({"step": "event"}, Wish(step=Step.EVENT)),
        ({"step": "session"}, Wish(step=Step.SESSION)),
        ({"paused": False}, Wish(paused=False)),
    ],
)
def test_days_and_steps_are_asked_for_by_their_names(
    front: Front, admin: Customer, fields: dict[str, Any], wish: Wish
):
    assert put(front, admin, **fields).status == 200
    assert front.world.feed.wishes == [wish]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, ("body", "empty")),
        ({"reason": "", "paused": True}, ("reason", "string_too_short")),
        ({"reason": "x" * 201, "paused": True}, ("reason", "string_too_long")),
        ({"reason": None, "paused": True}, ("reason", "string_type")),
        ({"speed": "0"}, ("speed", "range")),
        ({"speed": "10001"}, ("speed", "range")),
        ({"speed": "-1"}, ("speed", "decimal_form")),
        ({"speed": "1e2"}, ("speed", "decimal_form")),
        ({"paused": "true"}, ("paused", "bool_type")),
        ({"at": "2012-06-01T15:59:00"}, ("at", "time_zone")),
        ({"at": "noon"}, ("at", "time_form")),
        ({"day": "0001-01-01"}, ("day", "range")),
        ({"step": "back"}, ("step", "enum")),
        ({"at": "2012-06-04T14:00:00Z", "day": "2012-06-04"}, ("day", "excluded")),
        ({"step": "event", "paused": True}, ("paused", "excluded")),
        ({"feed": "alpaca"}, ("feed", "extra_forbidden")),
    ],
)
def test_a_malformed_wish_names_field_and_rule_and_is_not_on_record(
    front: Front, admin: Customer, fields: dict[str, Any], fault: tuple[str, str]
):
    answer = put(front, admin, **fields)
    assert (answer.status, answer.faults) == (400, {fault})
    assert recorded(front) == []
    assert front.world.feed.wishes == []


def test_what_the_source_refuses_is_told_and_on_record(front: Front, admin: Customer):
    front.world.feed.refuses = RejectedError("it does not go back", code="clock_goes_back")
    answer = put(front, admin, at="2012-05-01T15:00:00Z")
    assert (answer.status, answer.body["code"]) == (422, "clock_goes_back")
    assert len(recorded(front)) == 1


def test_a_clock_that_is_the_worlds_own_cannot_be_moved(front: Front, admin: Customer):
    front.world.feed.course = Course("alpaca", virtual=False, speed=1.0)
    answer = put(front, admin, paused=True)
    assert (answer.status, answer.body["code"]) == (422, "clock_not_virtual")
    assert "alpaca" in answer.body["detail"]
    assert recorded(front) == []


def test_while_nobody_keeps_the_clock_it_is_neither_told_nor_set(front: Front, admin: Customer):
    front.world.feed.up = False
    assert front.call("market.get_feed_clock", admin).status == 503
    assert put(front, admin, paused=True).status == 503
    assert recorded(front) == []
