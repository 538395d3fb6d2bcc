"""What happens to the safety of an account is told its customer, whoever did it."""

import pytest

from hub.application.ports.identity import Rotation
from hub.application.ports.notifications import Mail, PhoneText
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import IDLE, Ending, token_hash
from tests.fixtures.requests import Front
from tests.fixtures.worlds import Customer

EMAIL, PASSWORD = "ada@example.com", "four words make one"
NEW_PASSWORD = "five other words make two"
PHONE = "+5511987654321"
HOME = {"User-Agent": "a browser at home"}


@pytest.fixture
def ada(front: Front) -> Customer:
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    made = front.call("identity.register", body=body).body
    front.world.mail.asked.clear()
    log_in(front, HOME)
    return front.world.at_the_door(made["user_id"], made["account_id"])


def log_in(front: Front, headers: dict[str, str]) -> None:
    front.call("identity.login", body={"email": EMAIL, "password": PASSWORD}, headers=headers)


def told(front: Front) -> list[str]:
    """Subjects, or texts, of what has left a minute later."""
    front.world.clock.advance(60)
    front.world.hub.send_notifications()
    letters, front.world.letters.sent = front.world.letters.sent, []
    return [each.subject if isinstance(each, Mail) else each.text for each in letters]


def test_a_log_in_is_told_once_for_each_new_device_and_not_the_first(front: Front, ada: Customer):
    told(front)
    log_in(front, HOME)
    assert told(front) == []
    log_in(front, {"User-Agent": "somebody else's"})
    log_in(front, {"User-Agent": "somebody else's"})
    front.world.clock.advance(60)
    front.world.hub.send_notifications()
    (mail,) = front.world.letters.sent
    assert isinstance(mail, Mail)
    assert (mail.to, mail.subject) == (EMAIL, "A log-in from a device that was not seen before")
    assert "stands among your sessions" in mail.text
    assert "127.0.0.1" not in mail.text, "who reads mails on the way learns of no address"
    assert "somebody" not in mail.text, "nobody else's words are in our mails"


def test_first_log_ins_are_no_news(front: Front):
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    front.call("identity.register", body=body)
    log_in(front, HOME)
    assert told(front) == []


def test_another_password_is_told_in_either_way(front: Front, ada: Customer):
    told(front)
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert front.call("identity.change_password", ada, body=change).status == 200
    assert told(front) == ["Your password was changed"]
    front.call("identity.request_password_reset", body={"email": EMAIL})
    front.world.hub.send_notice(Purpose.RESET_PASSWORD, front.world.index(EMAIL))
    text = front.world.mail.notices[-1].text
    token = text.split()[text.split().index("password:") + 1]
    reset = {"token": token, "new_password": PASSWORD}
    assert front.call("identity.reset_password", body=reset).status == 200
    assert told(front) == ["Your password was changed"]


def test_a_key_is_told_and_a_refused_one_is_not(front: Front, ada: Customer):
    told(front)
    path, key = {"account_id": ada.account_id}, {"name": "<b>robot</b>", "scope": "read"}
    assert front.call("identity.create_api_key", ada, path=path, body=key).status == 201
    assert told(front) == ["An API key was made"]
    eve = front.world.customer()
    assert front.call("identity.create_api_key", eve, path=path, body=key).status == 404
    assert told(front) == []


def test_sessions_that_end_are_told_whoever_ends_them(front: Front, ada: Customer):
    told(front)
    hub, now = front.world.hub, front.world.clock.now()
    given = token_hash(ada.session_id)
    hub.sessions.rotate(Rotation(given, b"fresh", now, now - IDLE))
    assert told(front) == []
    reused = hub.sessions.rotate(Rotation(given, b"fresher", now, now - IDLE))
    assert reused is not None
    assert reused.reused
    assert told(front) == ["Sessions of yours were ended"]
    hub.logout_all(ada.customer_id)
    assert told(front) == ["Sessions of yours were ended"]
    assert hub.logout_all(ada.customer_id) == 0
    assert told(front) == []


def test_a_second_factor_is_told_when_it_guards_and_when_it_no_longer_does(
    front: Front, ada: Customer
):
    told(front)
    factors, now = front.world.hub.second_factors, front.world.clock.now()
    factors.begin(ada.customer_id, b"a secret of 20 bytes", now)
    assert factors.remove(ada.customer_id, now)
    assert told(front) == []
    factors.begin(ada.customer_id, b"a secret of 20 bytes", now)
    assert factors.confirm(ada.customer_id, 1, [b"hash"], now)
    assert told(front) == ["A second factor was added"]
    assert factors.remove(ada.customer_id, now)
    assert told(front) == ["The second factor was removed"]


def test_it_is_one_event_where_a_statement_runs_twice(front: Front, ada: Customer):
    told(front)
    factors, now = front.world.hub.second_factors, front.world.clock.now()
    for _ in range(2):
        front.world.hub.sessions.end_all(ada.customer_id, Ending.LOGOUT, now)
    factors.begin(ada.customer_id, b"a secret of 20 bytes", now)
    factors.confirm(ada.customer_id, 1, [b"hash"], now)
    assert told(front) == ["2 notifications from Hub"]
    rows = front.world.sql("SELECT count(*) FROM notifications WHERE kind = 'SessionsEnded'")
    assert rows == [(1,)]


def test_whoever_wants_it_has_it_by_text_too_whatever_the_hour(front: Front, ada: Customer):
    told(front)
    wanted = {
        "time_zone": "Europe/Lisbon",
        "phone": PHONE,
        "sms": {"security": "at_once"},
        "quiet_hours": {"begins": "00:00", "ends": "23:59"},
    }
    chosen = front.call("notifications.replace_notification_preferences", ada, body=wanted)
    assert chosen.status == 200
    front.call("identity.logout_all", ada)
    front.world.hub.send_notifications()
    text = next(each for each in front.world.letters.sent if isinstance(each, PhoneText))
    assert text[1:] == (PHONE, "Hub: Sessions of yours were ended")
    assert len(front.world.letters.sent) == 2


def test_nobody_is_told_more_than_once_a_minute(front: Front, ada: Customer):
    told(front)
    for number in range(5):
        log_in(front, {"User-Agent": f"device {number}"})
        front.world.clock.advance(1)
    assert told(front) == ["5 notifications from Hub"]
