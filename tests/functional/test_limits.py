"""Requests per minute: counted per customer, or per address of who is nobody yet."""

import pytest
from redis import Redis

from hub.adapters.redis.limits import RedisLimits
from tests.fixtures.requests import Front
from tests.fixtures.worlds import World

LOGIN = {"email": "nobody@example.com", "password": "not this one"}


@pytest.fixture
def limited(front: Front) -> Front:
    hub = front.world.hub
    hub.limits = RedisLimits(hub.redis, per_customer=6, per_address=3)
    return front


def test_a_customer_has_so_many_requests_and_is_told_how_many_are_left(limited: Front):
    ada, eve = limited.world.customer(), limited.world.customer()
    told = [limited.call("accounts.list_accounts", ada) for _ in range(7)]
    assert [answer.status for answer in told] == [200] * 6 + [429]
    assert [answer.headers["RateLimit"] for answer in told] == [
        '"customer";r=5;t=10',
        '"customer";r=4;t=20',
        '"customer";r=3;t=30',
        '"customer";r=2;t=40',
        '"customer";r=1;t=50',
        '"customer";r=0;t=60',
        '"customer";r=0;t=10',
    ]
    assert {answer.headers["RateLimit-Policy"] for answer in told} == {'"customer";q=6;w=60'}
    refused = told[-1]
    assert (refused.body["code"], refused.headers["Retry-After"]) == ("throttled", "10")
    assert limited.call("accounts.list_accounts", eve).status == 200


def test_what_was_used_comes_back_evenly(limited: Front):
    ada = limited.world.customer()
    for _ in range(6):
        limited.call("accounts.list_accounts", ada)
    limited.world.clock.advance(10)
    assert limited.call("accounts.list_accounts", ada).status == 200
    assert limited.call("accounts.list_accounts", ada).status == 429
    limited.world.clock.advance(60)
    answers = [limited.call("accounts.list_accounts", ada).status for _ in range(7)]
    assert answers == [200] * 6 + [429]


def test_sessions_and_keys_of_a_customer_share_what_they_have(limited: Front):
    ada = limited.world.customer()
    again = limited.world.at_the_door(ada.customer_id, ada.account_id)
    again.scope = "read"
    answers = [limited.call("accounts.list_accounts", each).status for each in (ada, again) * 4]
    assert answers == [200] * 6 + [429] * 2


def test_who_has_not_logged_in_is_counted_by_address(limited: Front):
    told = [limited.call("identity.login", body=LOGIN) for _ in range(4)]
    assert [answer.status for answer in told] == [401] * 3 + [429]
    assert told[0].headers["RateLimit-Policy"] == '"address";q=3;w=60'
    register = {"email": "a@example.com", "password": "four words make one", "name": "A"}
    assert limited.call("identity.register", body=register).status == 429


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"])
def test_an_address_is_what_the_gateway_saw_and_not_what_a_client_says(limited: Front, header: str):
    answers = [
        limited.call("identity.login", body=LOGIN, headers={header: f"192.0.2.{n}"}).status
        for n in range(4)
    ]
    assert answers[-1] == 429


def test_a_refused_request_changes_nothing_and_is_not_looked_at(limited: Front):
    ada = limited.world.customer()
    for _ in range(6):
        limited.call("accounts.list_accounts", ada)
    before = limited.world.contents()
    path = {"account_id": ada.account_id}
    answer = limited.call("accounts.deposit_cash", ada, path=path, body={"amount": "1.00"})
    assert answer.status == 429
    assert limited.call("accounts.deposit_cash", ada, path=path, raw="{").status == 429
    assert limited.world.contents() == before


def test_without_redis_nobody_is_refused(world: World):
    asked = []

    def nobody() -> "Redis":
        asked.append(1)
        return Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)

    limits = RedisLimits(nobody, per_customer=1, per_address=1)
    now = world.clock.now()
    assert [limits.customer("ada", now) for _ in range(5)] == [None] * 5
    assert len(asked) == 1, "it is left alone for a while"


def test_a_limit_of_nothing_counts_nothing(world: World):
    limits = RedisLimits(world.hub.redis, per_customer=0, per_address=0)
    assert limits.customer("ada", world.clock.now()) is None
    assert limits.address("192.0.2.1", world.clock.now()) is None


def test_many_requests_a_minute_are_counted_exactly(world: World):
    limits = RedisLimits(world.hub.redis, per_customer=700, per_address=0)
    now = world.clock.now()
    taken = [limits.customer("ada", now) for _ in range(701)]
    assert [each.wait for each in taken if each is not None] == [0] * 700 + [1]
    assert taken[0] is not None
    assert (taken[0].remaining, taken[0].reset) == (699, 1)
