"""How queue, state machine and schedule meet a use case, and how passwords are kept."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from hub.adapters import passwords
from hub.domain.accounts.balance import insufficient
from hub.domain.kernel import (
    ConflictError,
    ForbiddenError,
    HubError,
    InvalidInputError,
    NotFoundError,
    RejectedError,
    UnauthenticatedError,
    UnavailableError,
)
from hub.entrypoints.errors import http_status, outcome_of
from hub.entrypoints.job import job_handler
from hub.entrypoints.queue import Received, queue_handler
from hub.entrypoints.step import step_handler

CONTEXT = SimpleNamespace(aws_request_id="r-1", function_name="f")


def record(message_id: str, body: Any) -> dict[str, str]:
    return {"messageId": message_id, "body": body if isinstance(body, str) else json.dumps(body)}


def test_unreadable_messages_fail_alone_and_the_others_are_processed():
    got: list[Received] = []

    def process(messages, trace_id):
        got.extend(messages)
        assert trace_id == "r-1"
        return ["b"]

    unreadable = ["{", "[]", "1", {"version": 2, "x": "y"}, {"x": "y"}, {"version": 1, "x": 1}]
    records = [record("a", {"version": 1, "x": "y"}), record("b", {"version": 1, "x": "z"})]
    records += [record(str(number), body) for number, body in enumerate(unreadable)]
    records.append(record("deep", "[" * 100_000))
    answer = queue_handler(process)({"Records": records}, CONTEXT)
    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert sorted(failed) == sorted(["b", "deep", *(str(n) for n in range(len(unreadable)))])
    assert got == [Received("a", {"x": "y"}), Received("b", {"x": "z"})]


def test_a_step_fails_under_the_name_of_its_error_s_kind():
    def task(_event):
        raise insufficient(1, 2)  # type: ignore[arg-type]  # only the words matter here

    with pytest.raises(ForbiddenError) as raised:
        step_handler(task)({}, CONTEXT)
    assert type(raised.value) is ForbiddenError
    assert raised.value.code == "insufficient_buying_power"


def test_a_defect_in_a_step_keeps_its_own_name():
    with pytest.raises(ZeroDivisionError):
        step_handler(lambda _event: {"x": 1 // 0})({}, CONTEXT)


def test_a_job_says_how_much_it_did():
    assert job_handler(len)({}, CONTEXT) == {"done": 3}


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (InvalidInputError, 400, False),
        (UnauthenticatedError, 401, False),
        (ForbiddenError, 403, False),
        (NotFoundError, 404, False),
        (ConflictError, 409, False),
        (RejectedError, 422, False),
        (UnavailableError, 503, True),
    ],
)
def test_each_kind_of_error_has_its_status_and_only_the_unavailable_is_retried(
    error: type[HubError], status: int, retry: bool
):
    assert http_status(error("x")) == status
    assert outcome_of(error("x")).retry is retry


def test_a_password_verifies_against_its_own_hash_alone():
    keeper = passwords.Argon2Passwords()
    kept = keeper.hash("four words make one")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert keeper.hash("four words make one") != kept
    assert keeper.verify("four words make one", kept)
    assert not keeper.verify("four words make two", kept)
    assert not keeper.verify("four words make one", None)
    assert not keeper.verify("four words make one", "no hash")


def test_for_an_unknown_customer_a_real_hash_is_computed():
    """A hash that could not be decoded would answer at once, and tell who is registered."""
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(passwords._NOBODY, "any password")
