"""Passwords: what is taken, what is guessed too soon, and how often one may guess."""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
from redis import Redis

from hub.adapters.passwords import _NOBODY, Argon2Passwords
from hub.adapters.postgres.attempts import PostgresAttempts
from hub.adapters.redis.attempts import RedisAttempts
from hub.application.ports.identity import Attempts
from hub.domain.identity.attempts import MEMORY, gates
from tests.fixtures.requests import Answer, Front
from tests.fixtures.worlds import World

PASSWORD = "four words make one"
# Made with half the memory of today's.
OLD_HASH = "$argon2id$v=19$m=9728,t=2,p=1$"


def register(front: Front, password: str, name: str = "Ada Lovelace") -> Answer:
    body = {"email": "ada.lovelace@example.com", "password": password, "name": name}
    return front.call("identity.register", body=body)


def log_in(front: Front, password: str, email: str = "ada.lovelace@example.com") -> Answer:
    return front.call("identity.login", body={"email": email, "password": password})


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("x" * 7, "length"),
        ("x" * 129, "length"),
        ("ada.lovelace@example.com", "context"),
        ("Ada.Lovelace", "context"),
        ("LOVELACE1", "context"),
        ("lovelacelovelace", "context"),
        ("password1", "common"),
        ("PASSWORD1", "common"),
        ("qwertyuiop", "common"),
        ("iloveyou2", "common"),
        ("monkeymonkey1", "strength"),
        ("aaaaaaaaaaaa", "strength"),
        ("abcdefghijkl", "strength"),
        ("lovelace1815", "strength"),
        ("hubhubhub", "strength"),
    ],
)
def test_a_password_that_is_guessed_soon_is_refused_by_its_rule(
    front: Front, password: str, rule: str
):
    answer = register(front, password)
    assert (answer.status, answer.faults) == (400, {("password", rule)})
    assert front.world.sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize(
    "password",
    [
        "four words make one",
        "only lower case letters",
        "\u0433\u0434\u0435 \u043c\u043e\u0439 \u043a\u043e\u0442",
        "\U0001f40e\U0001f50b\U0001f4ce\U0001f9f7\U0001f40e\U0001f4a1\U0001f9c5\U0001f6b2\U0001f40c\U0001f4d5",
        "a line\tand a tab",
        "correct horse battery " * 5,
    ],
)
def test_no_kinds_of_characters_are_asked_for(front: Front, password: str):
    assert register(front, password).status == 201


def test_a_password_is_taken_as_it_is_written(front: Front, argon2: Argon2Passwords):
    long = "correct horse battery staple " * 4 + "end"
    assert register(front, long).status == 201
    assert log_in(front, long[:-1]).status == 401
    assert log_in(front, long.upper()).status == 401
    assert log_in(front, f" {long}").status == 401
    assert log_in(front, long).status != 401


def test_no_password_takes_long_to_be_judged(front: Front):
    began = time.process_time()
    register(front, "4@8({[</369&#!1/|0$5+7%2" * 5)
    assert time.process_time() - began < 3


@pytest.fixture
def argon2(front: Front) -> Argon2Passwords:
    hub = front.world.hub
    passwords = Argon2Passwords()
    hub.passwords = passwords
    for made in ("register", "login", "proof", "change_password"):
        hub.__dict__.pop(made, None)
    hub.tokens = NoTokens()  # type: ignore[assignment]  # no test here looks at them
    return passwords


class NoTokens:
    life = timedelta(minutes=10)

    def issue(self, *_given: object) -> str:
        return "an access token"


def test_logging_in_stores_an_old_hash_anew(front: Front, argon2: Argon2Passwords):
    from argon2 import PasswordHasher

    register(front, PASSWORD)
    old = PasswordHasher(time_cost=2, memory_cost=9728, parallelism=1).hash(PASSWORD)
    front.world.sql("UPDATE users SET password_hash = %s", old)
    assert old.startswith(OLD_HASH)
    assert argon2.is_outdated(old)

    assert log_in(front, "not this one").status == 401
    assert front.world.sql("SELECT password_hash FROM users") == [(old,)]
    assert log_in(front, PASSWORD).status == 200
    ((new,),) = front.world.sql("SELECT password_hash FROM users")
    assert new.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(front, PASSWORD).status == 200
    assert front.world.sql("SELECT password_hash FROM users") == [(new,)]


def test_nobodys_hash_costs_what_a_customers_costs():
    assert not Argon2Passwords().is_outdated(_NOBODY)


def test_an_unknown_customer_is_refused_as_slowly_as_a_wrong_password(
    front: Front, argon2: Argon2Passwords
):
    """The two lanes alternate, so that whatever else the machine does weighs on both."""
    register(front, PASSWORD)
    took: dict[str, list[float]] = {"ada.lovelace@example.com": [], "eve@example.com": []}
    for _ in range(40):
        for email, each in took.items():
            began = time.perf_counter()
            assert log_in(front, "not this one", email).status == 401
            each.append(time.perf_counter() - began)
            front.world.clock.advance(MEMORY.total_seconds())
    known, unknown = (median(each) for each in took.values())
    assert abs(known / unknown - 1) < 0.15


def test_a_taken_address_registers_as_slowly_as_a_free_one(front: Front, argon2: Argon2Passwords):
    register(front, PASSWORD)
    taken: list[float] = []
    free: list[float] = []
    for number in range(40):
        for lane, email in ((taken, "ada.lovelace@example.com"), (free, f"{number}@example.com")):
            body = {"email": email, "password": PASSWORD, "name": "Eve"}
            began = time.perf_counter()
            assert front.call("identity.register", body=body).status == 201
            lane.append(time.perf_counter() - began)
    assert abs(median(taken) / median(free) - 1) < 0.15


# How often one may guess


@pytest.mark.parametrize("email", ["ada.lovelace@example.com", "nobody@example.com"])
def test_the_sixth_attempt_waits_whoever_is_asked_for(front: Front, email: str):
    register(front, PASSWORD)
    assert [log_in(front, "not this one", email).status for _ in range(5)] == [401] * 5
    refused = log_in(front, PASSWORD, email)
    assert (refused.status, refused.body["code"]) == (429, "throttled")
    assert refused.headers["Retry-After"] == "30"
    front.world.clock.advance(29.5)
    assert log_in(front, PASSWORD, email).headers["Retry-After"] == "1"


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_is_forgotten(front: Front):
    register(front, PASSWORD)
    waits = []
    for _ in range(5):
        log_in(front, "not this one")
    for _ in range(7):
        seconds = int(log_in(front, "not this one").headers["Retry-After"])
        waits.append(seconds)
        front.world.clock.advance(seconds)
        assert log_in(front, "not this one").status == 401
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    front.world.clock.advance(MEMORY.total_seconds())
    assert [log_in(front, "not this one").status for _ in range(6)] == [401] * 5 + [429]


def test_a_success_forgets_the_failures(front: Front, argon2: Argon2Passwords):
    register(front, PASSWORD)
    for _ in range(3):
        for _ in range(4):
            assert log_in(front, "not this one").status == 401
        assert log_in(front, PASSWORD).status == 200


def test_guessing_ones_own_password_when_changing_it_is_limited_too(front: Front):
    made = register(front, PASSWORD).body
    ada = front.world.at_the_door(made["user_id"], made["account_id"])
    body = {"current_password": "not this one", "new_password": "five other words make two"}
    answers = [front.call("identity.change_password", ada, body=body) for _ in range(6)]
    assert [answer.status for answer in answers] == [403] * 5 + [429]


Counted = Callable[[World], Attempts]


def in_redis(world: World) -> Attempts:
    return RedisAttempts(world.hub.redis, Unused())


def in_postgres(world: World) -> Attempts:
    return PostgresAttempts(world.hub.database)


def without_redis(world: World) -> Attempts:
    def nobody() -> "Redis":
        return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)

    return RedisAttempts(nobody, PostgresAttempts(world.hub.database))


class Unused:
    """Where Redis answers, nobody else is asked."""

    def begin(self, *_given: object) -> int:
        raise AssertionError("the database was asked")

    def succeeded(self, *_given: object) -> None:
        raise AssertionError("the database was asked")


@pytest.mark.parametrize("made", [in_redis, in_postgres, without_redis])
class TestAttempts:
    """The same, wherever they are counted."""

    def test_a_wide_gate_guards_the_account_from_all_addresses(self, world: World, made: Counted):
        attempts, now = made(world), world.clock.now()
        waits = [attempts.begin(gates("ada", f"192.0.2.{n}"), now) for n in range(22)]
        assert waits == [0] * 20 + [5, 5]

    def test_an_attempt_that_is_refused_makes_nobody_wait_longer(self, world: World, made: Counted):
        attempts, now = made(world), world.clock.now()
        mine = gates("ada", "192.0.2.1")
        for _ in range(5):
            assert attempts.begin(mine, now) == 0
        assert {attempts.begin(mine, now) for _ in range(30)} == {30}
        later = now + timedelta(seconds=30)
        assert attempts.begin(mine, later) == 0
        # The account's gate has seen six attempts, not thirty-six.
        elsewhere = gates("ada", "192.0.2.2")
        assert attempts.begin(elsewhere, later) == 0

    def test_an_address_that_tries_many_accounts_waits(self, world: World, made: Counted):
        attempts, now = made(world), world.clock.now()
        waits = [attempts.begin(gates(f"c{n}", "192.0.2.1"), now) for n in range(101)]
        assert waits == [0] * 100 + [30]
        assert attempts.begin(gates("c1", "192.0.2.2"), now) == 0

    def test_a_success_takes_one_off_the_address(self, world: World, made: Counted):
        attempts, now = made(world), world.clock.now()
        for n in range(99):
            attempts.begin(gates(f"c{n}", "192.0.2.1"), now)
        own = gates("own", "192.0.2.1")
        for _ in range(3):
            assert attempts.begin(own, now) == 0
            attempts.succeeded(own)
        assert attempts.begin(own, now) == 0
        assert attempts.begin(own, now) == 30

    def test_it_is_forgotten_after_a_while(self, world: World, made: Counted):
        attempts, now = made(world), world.clock.now()
        mine = gates("ada", "192.0.2.1")
        for _ in range(5):
            attempts.begin(mine, now)
        later = now + MEMORY
        assert [attempts.begin(mine, later) for _ in range(6)] == [0] * 5 + [30]


def test_a_key_does_not_tell_the_address_it_is_about(front: Front):
    log_in(front, "not this one", "ada.lovelace@example.com")
    client = front.world.hub.redis()
    keys = " ".join(key.decode() for key in client.scan_iter("attempts:*"))
    client.close()
    assert "attempts:address:127.0.0.1" in keys
    assert "ada" not in keys


def test_a_customer_who_is_refused_elsewhere_gets_in_at_home(front: Front, argon2: Argon2Passwords):
    """Somebody fails on purpose, from another address: their customer waits seconds at most."""
    register(front, PASSWORD)
    attempts = front.world.hub.attempts
    now = front.world.clock.now()
    for _ in range(5):
        attempts.begin(gates("ada.lovelace@example.com", "192.0.2.66"), now)
    assert log_in(front, PASSWORD).status == 200
