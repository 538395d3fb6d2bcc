"""What is sent to a mailbox: once good, for a while, and no word of who has one here."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.identity import on_notice_requested
from hub.adapters.notices import MailedNotices
from hub.application.ports.notifications import Mail
from hub.domain.identity.one_time_tokens import Notice, Purpose
from hub.domain.kernel import UnavailableError
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

EMAIL, PASSWORD = "ada@example.com", "four words make one"
NEW_PASSWORD = "five other words make two"
RESET, VERIFY = Purpose.RESET_PASSWORD, Purpose.VERIFY_EMAIL
BAD = (422, "bad_one_time_token")


@pytest.fixture
def ada(front: Front) -> Customer:
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    made = front.call("identity.register", body=body).body
    return front.world.at_the_door(made["user_id"], made["account_id"])


def deliver(front: Front) -> list[str]:
    """What the queue's worker makes of all that was asked: the tokens that came by mail."""
    mail = front.world.mail
    records = [
        {
            "messageId": str(number),
            "body": json.dumps(
                {"version": 1, "purpose": purpose, "email_index": email_index.hex()}
            ),
        }
        for number, (purpose, email_index) in enumerate(mail.asked)
    ]
    context = SimpleNamespace(aws_request_id="trace")
    assert on_notice_requested.handler({"Records": records}, context) == {"batchItemFailures": []}
    mail.asked.clear()
    sent, mail.notices = mail.notices, []
    return [
        notice.text.split()[notice.text.split().index(_LAST[notice.subject]) + 1] for notice in sent
    ]


_LAST = {"Is this your address?": "it:", "Another password": "password:"}


def ask_for_reset(front: Front, email: str = EMAIL) -> Answer:
    return front.call("identity.request_password_reset", body={"email": email})


def reset(front: Front, token: str, password: str = NEW_PASSWORD) -> Answer:
    return front.call("identity.reset_password", body={"token": token, "new_password": password})


def verify(front: Front, token: str) -> Answer:
    return front.call("identity.verify_email", body={"token": token})


def outcome(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("code", "")


def hash_of(front: Front) -> Any:
    index = front.world.index(EMAIL)
    ((found,),) = front.world.sql("SELECT password_hash FROM users WHERE email_index = %s", index)
    return found


def test_registering_asks_to_verify_and_the_token_does(front: Front, ada: Customer):
    assert front.world.mail.asked == [(VERIFY, front.world.index(EMAIL))]
    (token,) = deliver(front)
    assert front.call("identity.get_me", ada).body["email_verified"] is False
    assert verify(front, token).body == {"email": EMAIL}
    assert front.call("identity.get_me", ada).body["email_verified"] is True
    front.world.clock.advance(1)
    assert outcome(verify(front, token)) == BAD


def test_a_customer_registers_whether_or_not_the_mail_goes_out(front: Front):
    front.world.mail.up = False
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    assert front.call("identity.register", body=body).status == 201


def test_a_password_is_reset_by_what_came_by_mail(front: Front, ada: Customer):
    deliver(front)
    path = {"account_id": ada.account_id}
    robot = {"name": "robot", "scope": "trade"}
    front.call("identity.create_api_key", ada, path=path, body=robot)
    assert outcome(ask_for_reset(front)) == (202, "")
    (token,) = deliver(front)

    answer = reset(front, token)

    assert (answer.status, answer.body) == (200, {"ended_sessions": 1})
    assert hash_of(front) == f"known:{NEW_PASSWORD}"
    deposit = front.call("accounts.deposit_cash", ada, path=path, body={"amount": "1.00"})
    assert outcome(deposit) == (401, "session_ended")
    assert front.call("identity.list_api_keys", ada, path=path).body == {"keys": []}
    assert front.call("identity.get_me", ada).body["email_verified"] is True
    front.world.clock.advance(1)
    assert outcome(reset(front, token)) == BAD


def test_whoever_is_asked_for_the_answer_is_the_same_and_so_is_the_work(
    front: Front, ada: Customer
):
    """The request says nothing to the database: what it does cannot take another time."""
    deliver(front)
    front.world.hub.database.close()
    asked: list[str] = []
    rows = front.world.hub.database.rows
    front.world.hub.database.rows = (  # type: ignore[method-assign]  # to see who asks
        lambda sql, parameters=None: asked.append(sql) or rows(sql, parameters)  # type: ignore[func-returns-value]  # a lambda's way to do two things
    )
    known, unknown = ask_for_reset(front), ask_for_reset(front, "nobody@example.com")
    assert known == unknown
    assert asked == []
    addresses = (EMAIL, "nobody@example.com")
    assert [index for _, index in front.world.mail.asked] == [*map(front.world.index, addresses)]
    assert len(deliver(front)) == 1


@pytest.mark.parametrize(("minutes", "status"), [(29.9, 200), (30, 422)])
def test_a_reset_is_good_for_half_an_hour(front: Front, ada: Customer, minutes: float, status: int):
    deliver(front)
    ask_for_reset(front)
    (token,) = deliver(front)
    front.world.clock.advance(minutes * 60)
    assert reset(front, token).status == status


def test_only_the_last_token_is_good(front: Front, ada: Customer):
    deliver(front)
    ask_for_reset(front)
    (first,) = deliver(front)
    front.world.clock.advance(1)
    ask_for_reset(front)
    (second,) = deliver(front)
    front.world.clock.advance(1)
    assert outcome(reset(front, first)) == BAD
    assert reset(front, second).status == 200


def test_a_token_is_for_its_purpose_and_no_other(front: Front, ada: Customer):
    (verifying,) = deliver(front)
    ask_for_reset(front)
    (resetting,) = deliver(front)
    before = front.world.contents()
    assert outcome(reset(front, verifying)) == BAD
    assert outcome(verify(front, resetting)) == BAD
    assert outcome(reset(front, "x" * 43)) == BAD
    refreshed = front.call("identity.refresh_token", body={"refresh_token": resetting})
    assert refreshed.status == 401
    assert front.world.contents() == before


def test_a_weak_password_leaves_the_token_good(front: Front, ada: Customer):
    deliver(front)
    ask_for_reset(front)
    (token,) = deliver(front)
    weak = reset(front, token, "password1")
    assert (weak.status, weak.faults) == (400, {("new_password", "common")})
    assert reset(front, token).status == 200


def test_a_reset_whose_answer_was_lost_is_the_same_reset(front: Front, ada: Customer):
    deliver(front)
    ask_for_reset(front)
    (token,) = deliver(front)
    hub = front.world.hub
    once = hub.database.rows

    def twice(sql: str, parameters: Any = None) -> Any:
        once(sql, parameters)
        return once(sql, parameters)

    hub.database.rows = twice  # type: ignore[method-assign]  # a connection that breaks
    answer = reset(front, token)
    hub.database.rows = once  # type: ignore[method-assign]  # and one that holds
    assert (answer.status, hash_of(front)) == (200, f"known:{NEW_PASSWORD}")


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_nobodys_mailbox_is_filled(front: Front, ada: Customer, email: str):
    answers = [ask_for_reset(front, email) for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    again = [front.call("identity.request_email_verification", ada) for _ in range(6)]
    assert [answer.status for answer in again] == [202] * 5 + [429]


def test_tokens_are_stored_as_hashes(front: Front, ada: Customer):
    (token,) = deliver(front)
    assert token not in str(front.world.sql("SELECT * FROM one_time_tokens"))


def register_again(front: Front, name: str = "Eve") -> Answer:
    body = {"email": EMAIL.upper(), "password": NEW_PASSWORD, "name": name}
    return front.call("identity.register", body=body)


def deliver_notices(front: Front) -> list[Notice]:
    mail = front.world.mail
    for purpose, email_index in mail.asked:
        front.world.hub.send_notice(purpose, email_index)
    mail.asked.clear()
    sent, mail.notices = mail.notices, []
    return sent


def test_that_an_address_is_taken_is_told_to_the_address_alone(front: Front, ada: Customer):
    front.world.mail.asked.clear()
    before = front.world.contents()
    again = register_again(front)
    assert again.status == 201
    assert front.world.contents() == before
    assert front.world.mail.asked == [(Purpose.REMIND, front.world.index(EMAIL))]
    (sent,) = deliver_notices(front)
    assert (sent.email, sent.subject) == (EMAIL, "You have an account already")
    login = {"email": EMAIL, "password": NEW_PASSWORD}
    assert front.call("identity.login", body=login).status == 401

    # What a stranger sees is what is seen of an address that was free.
    body = {"email": "new@example.com", "password": NEW_PASSWORD, "name": "Eve"}
    fresh = front.call("identity.register", body=body)
    assert (fresh.status, fresh.headers) == (again.status, again.headers)
    assert set(fresh.body) == set(again.body)
    assert again.body == {
        **fresh.body,
        "email": EMAIL,
        **{name: again.body[name] for name in ("user_id", "account_id")},
    }
    assert again.body["account_id"] != ada.account_id
    for each in (again, fresh):
        assert each.body["user_id"] < each.body["account_id"]


def test_one_reminder_an_hour_is_sent_however_often_somebody_registers(front: Front, ada: Customer):
    deliver_notices(front)
    for _ in range(3):
        register_again(front)
    assert len(deliver_notices(front)) == 1
    front.world.clock.advance(3600)
    register_again(front)
    assert len(deliver_notices(front)) == 1


def test_who_is_gone_by_now_is_not_reminded(front: Front):
    front.world.hub.send_notice(Purpose.REMIND, front.world.index("nobody@example.com"))
    assert front.world.mail.notices == []


@pytest.mark.parametrize(
    "body",
    [
        {"purpose": "greet", "email_index": "00"},
        {"email_index": "00"},
        {"purpose": "verify_email"},
        {"purpose": "verify_email", "email_index": EMAIL},
        {"purpose": "verify_email", "email_index": 7},
    ],
)
def test_a_request_for_no_notice_of_ours_goes_to_the_dead_letters(front: Front, body: Any):
    record = {"messageId": "m", "body": json.dumps({"version": 1, **body})}
    answer = on_notice_requested.handler(
        {"Records": [record]}, SimpleNamespace(aws_request_id="trace")
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_a_notice_is_a_mail_and_a_refused_one_stops_nothing(front: Front):
    letters = front.world.letters
    notices = MailedNotices(letters, front.world.ids)
    notices.send(Notice(EMAIL, "subject", "text"))
    (mail,) = letters.sent
    assert isinstance(mail, Mail)
    assert mail[1:] == (EMAIL, "subject", "text", "")
    letters.refused.add(EMAIL)
    notices.send(Notice(EMAIL, "subject", "text"))
    assert letters.sent == [mail]
    letters.up = False
    with pytest.raises(UnavailableError):
        notices.send(Notice(EMAIL, "subject", "text"))
