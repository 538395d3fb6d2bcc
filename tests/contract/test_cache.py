"""The cache's port: Redis and its twin in memory keep the same promises."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
from redis import Redis

from hub.adapters.redis.cache import RESERVED, RedisCache
from hub.adapters.redis.link import RedisLink, connect
from hub.application.ports.cache import Cache, CacheDownError, Stored
from local.services.valkey import Valkey
from tests.fixtures.caches import MemoryCache
from tests.fixtures.ports import EPOCH, MovedClock

LONG = timedelta(minutes=5)
SHORT = timedelta(milliseconds=80)


class Kept(NamedTuple):
    """A cache, and how its time passes."""

    cache: Cache
    clock: MovedClock
    pass_life: Callable[[], None]


@contextmanager
def in_redis(server: Valkey) -> Iterator[Kept]:
    clock = MovedClock()
    link = RedisLink(lambda: connect(server.url))
    link.run(lambda client: client.flushdb())
    try:
        yield Kept(RedisCache(link, clock), clock, lambda: time.sleep(0.1))
    finally:
        link.close()


@contextmanager
def in_memory(_server: Valkey) -> Iterator[Kept]:
    clock = MovedClock()
    yield Kept(MemoryCache(clock), clock, lambda: clock.advance(0.1))


@pytest.fixture(params=[in_redis, in_memory], ids=["redis", "memory"])
def kept(request: pytest.FixtureRequest, cache: Valkey) -> Iterator[Kept]:
    with request.param(cache) as made:
        yield made


@pytest.mark.parametrize("text", ["", "plain", "two\nlines", "ação 日本 😀", "x" * 200_000])
def test_what_was_stored_is_found_with_its_moment(kept: Kept, text: str):
    kept.cache.put({"cache:a": text}, LONG)
    kept.clock.advance(0.001)
    assert kept.cache.get(["cache:b", "cache:a"]) == [None, Stored(text, EPOCH)]


def test_a_second_value_takes_the_place_of_the_first(kept: Kept):
    kept.cache.put({"cache:a": "1"}, SHORT)
    kept.clock.advance(0.001)
    kept.cache.put({"cache:a": "2"}, LONG)
    later = kept.clock.now()
    kept.pass_life()
    assert kept.cache.get(["cache:a"]) == [Stored("2", later)]


def test_a_value_ends_with_its_life(kept: Kept):
    kept.cache.put({"cache:a": "1", "cache:b": "2"}, SHORT)
    kept.cache.put({"cache:c": "3"}, LONG)
    kept.pass_life()
    assert [each and each.text for each in kept.cache.get(["cache:a", "cache:b", "cache:c"])] == [
        None,
        None,
        "3",
    ]
    assert [each.key for each in kept.cache.entries("cache:")] == ["cache:c"]


def test_a_key_is_reserved_by_one_until_it_is_released(kept: Kept):
    assert kept.cache.reserve(["cache:a", "cache:b"], LONG) == ["cache:a", "cache:b"]
    assert kept.cache.reserve(["cache:b", "cache:c"], LONG) == ["cache:c"]
    kept.cache.release(["cache:a", "cache:b"])
    assert kept.cache.reserve(["cache:a", "cache:c"], LONG) == ["cache:a"]


def test_a_reservation_ends_by_itself(kept: Kept):
    kept.cache.reserve(["cache:a"], SHORT)
    kept.pass_life()
    assert kept.cache.reserve(["cache:a"], LONG) == ["cache:a"]


def test_a_reservation_is_no_value_and_the_other_way_round(kept: Kept):
    kept.cache.put({"cache:a": "1"}, LONG)
    assert kept.cache.reserve(["cache:a"], LONG) == ["cache:a"]
    assert kept.cache.get(["cache:a"]) == [Stored("1", EPOCH)]
    assert [each.key for each in kept.cache.entries("cache:")] == ["cache:a"]
    assert kept.cache.drop(["cache:a"]) == 1
    assert kept.cache.reserve(["cache:a"], LONG) == []


def test_entries_are_listed_by_how_their_keys_begin(kept: Kept):
    names = {f"cache:bars:{number}": "x" * 100 for number in range(1200)}
    kept.cache.put({**names, "cache:actions:1": "y"}, LONG)
    found = kept.cache.entries("cache:bars:")
    assert {each.key for each in found} == set(names)
    assert len(found) == len(names)
    assert {each.at for each in found} == {EPOCH}
    assert [each.key for each in kept.cache.entries("cache:actions:")] == ["cache:actions:1"]


def test_dropping_says_how_many_were_there(kept: Kept):
    kept.cache.put({"cache:a": "1", "cache:b": "2"}, LONG)
    assert kept.cache.drop(["cache:a", "cache:z"]) == 1
    assert kept.cache.get(["cache:a", "cache:b"]) == [None, Stored("2", EPOCH)]


def test_in_redis_everything_expires_and_reservations_have_a_name_of_their_own(cache: Valkey):
    with in_redis(cache) as kept, Redis.from_url(cache.url) as client:
        kept.cache.put({"cache:a": "1"}, LONG)
        kept.cache.reserve(["cache:a"], LONG)
        keys = set(client.scan_iter())
        assert keys == {b"cache:a", f"{RESERVED}cache:a".encode()}
        assert all(0 < client.pttl(key) <= 300_000 for key in keys)


@pytest.mark.parametrize("garbage", [b"", b"no moment", b"yesterday\n1", b"\xff\xfe\n\x00"])
def test_in_redis_what_nobody_of_ours_wrote_is_not_there(cache: Valkey, garbage: bytes):
    with in_redis(cache) as kept, Redis.from_url(cache.url) as client:
        client.set("cache:a", garbage)
        assert kept.cache.get(["cache:a"]) == [None]
        assert kept.cache.entries("cache:") == []


def test_a_redis_that_is_not_there_is_asked_once_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch,
):
    moments = [100.0]
    monkeypatch.setattr("hub.adapters.redis.link.monotonic", lambda: moments[0])
    made = []

    def nowhere() -> Redis:
        made.append(connect("redis://127.0.0.1:1"))
        return made[-1]

    link = RedisLink(nowhere)
    asked: list[int] = []

    def work(client: Redis) -> None:
        asked.append(1)
        client.ping()

    for at, times in [(100.0, 1), (101.9, 1), (102.0, 2), (103.9, 2), (104.1, 3)]:
        moments[0] = at
        with pytest.raises(CacheDownError):
            link.run(work)
        assert len(asked) == times, at
    assert len(made) == 1
    link.close()
