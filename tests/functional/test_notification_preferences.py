"""Customers choose what they are told, where and when, in terms that can be kept."""

from typing import Any

import pytest

from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

USUAL: dict[str, Any] = {
    "language": "en",
    "time_zone": "America/New_York",
    "phone": None,
    "email": {
        "order_executed": "at_once",
        "order_partly_executed": "off",
        "order_failed": "at_once",
        "order_attention": "at_once",
        "security": "at_once",
    },
    "sms": {
        "order_executed": "off",
        "order_partly_executed": "off",
        "order_failed": "off",
        "order_attention": "off",
        "security": "off",
    },
    "quiet_hours": None,
    "daily_at": "18:00",
}
ZONE = {"time_zone": "America/Sao_Paulo"}


def shown(front: Front, customer: Customer) -> Any:
    return front.call("notifications.get_notification_preferences", customer).body


def choose(front: Front, customer: Customer, **wanted: Any) -> Answer:
    body = {**ZONE, **wanted}
    return front.call("notifications.replace_notification_preferences", customer, body=body)


def test_who_never_chose_has_the_usual(shared_front: Front, rich: Customer):
    assert shown(shared_front, rich) == USUAL


def test_what_was_chosen_holds_whole(shared_front: Front):
    front, ada = shared_front, shared_front.world.customer()
    wanted = {
        "language": "pt",
        "phone": "+5511987654321",
        "email": {"order_executed": "daily", "order_failed": "off"},
        "sms": {"security": "at_once"},
        "quiet_hours": {"begins": "22:00", "ends": "07:30"},
        "daily_at": "06:15",
    }
    chosen = choose(front, ada, **wanted)
    assert chosen.status == 200
    assert (
        chosen.body
        == shown(front, ada)
        == {
            **USUAL,
            **ZONE,
            **wanted,
            "email": {**USUAL["email"], "order_executed": "daily", "order_failed": "off"},
            "sms": {**USUAL["sms"], "security": "at_once"},
        }
    )
    assert choose(front, ada).body == {**USUAL, **ZONE}


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "zone")),
        ({"time_zone": "../../etc/passwd"}, ("time_zone", "zone")),
        ({"time_zone": "America"}, ("time_zone", "zone")),
        ({"phone": "11987654321"}, ("phone", "string_pattern_mismatch")),
        ({"phone": "+5511987654321\n"}, ("phone", "string_pattern_mismatch")),
        ({"phone": "+0511987654321"}, ("phone", "string_pattern_mismatch")),
        ({"language": "la"}, ("language", "enum")),
        ({"email": {"security": "off"}}, ("email.security", "extra_forbidden")),
        ({"email": {"order_failed": "maybe"}}, ("email.order_failed", "enum")),
        ({"daily_at": "24:00"}, ("daily_at", "string_pattern_mismatch")),
        ({"quiet_hours": {"begins": "22:00", "ends": "22:00"}}, ("quiet_hours", "length")),
        ({"quiet_hours": {"begins": "22:00"}}, ("quiet_hours.ends", "missing")),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_rule(
    shared_front: Front, rich: Customer, wanted: dict[str, Any], fault: tuple[str, str]
):
    refused = choose(shared_front, rich, **wanted)
    assert refused.status == 400
    assert fault in refused.faults
    assert shown(shared_front, rich) == USUAL


def test_texts_need_a_phone(shared_front: Front, rich: Customer):
    refused = choose(shared_front, rich, sms={"order_failed": "daily"})
    assert (refused.status, refused.body["code"]) == (422, "phone_wanted")
    assert shown(shared_front, rich) == USUAL
