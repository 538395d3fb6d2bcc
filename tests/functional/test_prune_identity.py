"""What is long over goes, whatever is still good for anything stays, and twice is once."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.identity import job_prune_identity
from hub.application.identity import prune_identity
from hub.application.identity.prune_identity import KEPT
from hub.domain.identity.attempts import MEMORY
from hub.domain.identity.one_time_tokens import Purpose
from hub.domain.identity.sessions import IDLE
from tests.fixtures.requests import Front
from tests.fixtures.worlds import Customer

TABLES = ("login_sessions", "refresh_tokens", "one_time_tokens", "api_keys", "login_attempts")
DAY = timedelta(days=1)


@pytest.fixture
def ada(front: Front) -> Customer:
    return front.world.customer()


def prune() -> int:
    context = SimpleNamespace(aws_request_id="trace", function_name="prune")
    done: int = job_prune_identity.handler({}, context)["done"]
    return done


def counts(front: Front) -> dict[str, int]:
    return {table: front.world.sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def age(front: Front, table: str, **columns: Any) -> None:
    """Give the rows of a table other times: a time ago, or None."""
    for column, ago in columns.items():
        at = None if ago is None else front.world.clock.now() - ago
        front.world.sql(f"UPDATE {table} SET {column} = %s", at)


def a_token(front: Front, ada: Customer) -> None:
    front.world.hub.send_notice(Purpose.VERIFY_EMAIL, front.world.index("customer1@example.com"))
    assert counts(front)["one_time_tokens"] == 1


def a_key(front: Front, ada: Customer) -> None:
    body = {"name": "robot", "scope": "trade"}
    path = {"account_id": ada.account_id}
    assert front.call("identity.create_api_key", ada, path=path, body=body).status == 201


def an_attempt(front: Front, ada: Customer) -> None:
    front.world.sql(
        "INSERT INTO login_attempts VALUES ('attempts:x', 1, %s)", front.world.clock.now()
    )


def a_session(front: Front, ada: Customer) -> None:
    """The customer's own is one."""


PAST: list[tuple[Any, str, dict[str, timedelta]]] = [
    (a_session, "login_sessions", {"ended_at": KEPT}),
    (a_session, "login_sessions", {"expires_at": KEPT}),
    (a_session, "login_sessions", {"used_at": KEPT + IDLE}),
    (a_token, "one_time_tokens", {"used_at": KEPT}),
    (a_token, "one_time_tokens", {"expires_at": KEPT}),
    (a_key, "api_keys", {"revoked_at": KEPT}),
    (a_key, "api_keys", {"expires_at": KEPT}),
    (an_attempt, "login_attempts", {"last_at": MEMORY}),
]


@pytest.mark.parametrize(("make", "table", "times"), PAST)
def test_what_is_long_over_goes_and_not_a_moment_before(
    front: Front, ada: Customer, make: Any, table: str, times: dict[str, timedelta]
):
    make(front, ada)
    before = counts(front)
    age(front, table, **times)
    assert prune() == 0
    assert counts(front) == before

    front.world.clock.advance(1)
    assert prune() == 1
    gone = {table, "refresh_tokens"} if table == "login_sessions" else {table}
    assert counts(front) == {name: 0 if name in gone else before[name] for name in TABLES}
    assert prune() == 0


def test_it_goes_in_batches_as_many_as_there_are_to_a_bound(
    front: Front, ada: Customer, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(6):
        front.world.at_the_door(ada.customer_id, ada.account_id)
    age(front, "login_sessions", ended_at=KEPT + DAY)
    monkeypatch.setattr(prune_identity, "BATCH", 2)
    monkeypatch.setattr(prune_identity, "MOST_BATCHES", 2)
    assert [prune(), prune(), prune()] == [4, 3, 0]


def test_a_session_that_somebody_holds_is_left_for_the_next_time(front: Front, ada: Customer):
    front.world.at_the_door(ada.customer_id, ada.account_id)
    age(front, "login_sessions", ended_at=KEPT + DAY)
    lock = "SELECT FROM login_sessions WHERE session_id = %(b_id)s::uuid FOR UPDATE"
    database = front.world.another_hub().database
    held = [(lock, {"b_id": ada.session_id})]
    with database.transaction(held):
        assert prune() == 1
    assert prune() == 1
    assert counts(front)["login_sessions"] == 0
