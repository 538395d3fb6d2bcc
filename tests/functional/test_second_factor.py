"""A second factor: asked for once it is confirmed, each code good once, and codes for the loss."""

from base64 import b32decode
from datetime import timedelta
from typing import Any

import pytest

from hub.domain.identity.second_factor import RECOVERY_CODES, code_at, step_of
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import Customer

EMAIL, PASSWORD = "ada@example.com", "four words make one"


class NoTokens:
    """No test here looks at an access token."""

    life = timedelta(minutes=10)

    def issue(self, *_given: object) -> str:
        return "an access token"


@pytest.fixture
def ada(front: Front) -> Customer:
    front.world.hub.tokens = NoTokens()  # type: ignore[assignment]  # see there
    body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    made = front.call("identity.register", body=body).body
    return front.world.at_the_door(made["user_id"], made["account_id"])


def log_in(front: Front, code: str | None = None, password: str = PASSWORD) -> tuple[int, str]:
    body = {"email": EMAIL, "password": password, "code": code}
    answer = front.call("identity.login", body=body)
    return answer.status, answer.body.get("code", "")


def begin(front: Front, customer: Customer) -> bytes:
    answer = front.call("identity.begin_totp", customer)
    assert answer.status == 201
    secret = answer.body["secret"]
    assert answer.body["uri"] == (
        f"otpauth://totp/Hub%3Aada%40example.com?secret={secret}&issuer=Hub&digits=6&period=30"
    )
    return b32decode(secret)


def confirm(front: Front, customer: Customer, code: str) -> Answer:
    return front.call("identity.confirm_totp", customer, body={"code": code})


def code_of(front: Front, secret: bytes, steps: int = 0) -> str:
    return code_at(secret, step_of(front.world.clock.now()) + steps)


def enrolled(front: Front, customer: Customer) -> tuple[bytes, list[str]]:
    """The secret and the recovery codes, with the code of the moment used up by confirming."""
    secret = begin(front, customer)
    answer = confirm(front, customer, code_of(front, secret))
    assert answer.status == 200
    return secret, answer.body["recovery_codes"]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str):
    assert code_at(b"12345678901234567890", seconds // 30) == code


def test_a_log_in_wants_a_code_from_the_confirmation_on(front: Front, ada: Customer):
    secret = begin(front, ada)
    assert log_in(front) == (200, "")
    assert confirm(front, ada, code_of(front, secret)).status == 200
    assert log_in(front) == (401, "second_factor_required")
    assert log_in(front, password="not this one") == (401, "bad_credentials")
    front.world.clock.advance(30)
    assert log_in(front, code_of(front, secret)) == (200, "")


def test_a_code_is_good_once_and_so_are_those_beside_it(front: Front, ada: Customer):
    secret, _ = enrolled(front, ada)
    assert log_in(front, code_of(front, secret)) == (401, "bad_code")
    front.world.clock.advance(60)
    late, now, early = (code_of(front, secret, steps) for steps in (-1, 0, 1))
    assert log_in(front, late) == (200, "")
    assert log_in(front, late) == (401, "bad_code")
    assert log_in(front, early) == (200, "")
    assert log_in(front, now) == (401, "bad_code")
    assert log_in(front, code_of(front, secret, 2)) == (401, "bad_code")


def test_a_recovery_code_is_good_once_however_it_is_written(front: Front, ada: Customer):
    _, codes = enrolled(front, ada)
    assert len(set(codes)) == RECOVERY_CODES
    assert log_in(front, codes[0]) == (200, "")
    assert log_in(front, codes[0]) == (401, "bad_code")
    assert log_in(front, codes[1].upper().replace("-", " ")) == (200, "")
    stored = str(front.world.sql("SELECT * FROM recovery_codes"))
    assert not any(code in stored for code in codes)


def test_codes_are_not_guessed_often(front: Front, ada: Customer):
    secret, codes = enrolled(front, ada)
    front.world.clock.advance(30)
    answers = [log_in(front, "000000") for _ in range(6)]
    assert answers == [(401, "bad_code")] * 5 + [(429, "throttled")]
    assert log_in(front, code_of(front, secret)) == (429, "throttled")
    assert log_in(front, codes[0]) == (429, "throttled")


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_is_no_code_opens_nothing(front: Front, ada: Customer, code: str):
    enrolled(front, ada)
    assert log_in(front, code) == (401, "bad_code")


def test_a_wrong_code_confirms_nothing(front: Front, ada: Customer):
    secret = begin(front, ada)
    wrong = confirm(front, ada, code_of(front, secret, 5))
    assert (wrong.status, wrong.body["code"]) == (422, "code_rejected")
    assert log_in(front) == (200, "")
    again = [confirm(front, ada, "000000").status for _ in range(5)]
    assert again == [422] * 4 + [429]


def test_a_second_factor_in_use_is_not_replaced_without_being_removed(front: Front, ada: Customer):
    enrolled(front, ada)
    answer = front.call("identity.begin_totp", ada)
    assert (answer.status, answer.body["code"]) == (409, "second_factor_exists")
    assert confirm(front, ada, "000000").status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"password": "not this one"}, 403, "wrong_password"),
        ({"password": PASSWORD}, 401, "second_factor_required"),
        ({"password": PASSWORD, "code": "000000"}, 401, "bad_code"),
    ],
)
def test_it_is_removed_by_password_and_code_alone(
    *, front: Front, ada: Customer, body: dict[str, Any], status: int, code: str
):
    _, codes = enrolled(front, ada)
    refused = front.call("identity.remove_totp", ada, body=body)
    assert (refused.status, refused.body["code"]) == (status, code)
    assert log_in(front) == (401, "second_factor_required")

    good = {"password": PASSWORD, "code": codes[0]}
    assert front.call("identity.remove_totp", ada, body=good).status == 200
    assert log_in(front) == (200, "")
    assert front.world.sql("SELECT count(*) FROM recovery_codes") == [(0,)]
    gone = front.call("identity.remove_totp", ada, body={"password": PASSWORD})
    assert gone.status == 404
