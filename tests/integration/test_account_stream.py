"""The account stream on a real database: in order, without a gap, whoever tells it and however."""

import asyncio
import json
from datetime import timedelta
from threading import Thread

import psycopg
import pytest

from hub.application.identity.create_api_key import CreateApiKeyCommand
from hub.application.ports.streaming import Connection, Subscription
from hub.application.streaming.open_connection import MOST_CONNECTIONS, OpenConnectionCommand
from hub.application.streaming.subscribe_account import (
    MOST_SUBSCRIPTIONS,
    SubscribeAccountCommand,
)
from hub.application.streaming.telling import BATCH
from hub.bootstrap import Hub
from hub.domain.identity.api_keys import KeyScope
from hub.domain.identity.sessions import Ending
from hub.domain.kernel import (
    AccountId,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from stream import postgres_events
from stream.link import RETRY_AFTER
from stream.postgres_events import PostgresEvents
from tests.fixtures.worlds import Customer, World


class HeldPosts:
    """Clients in memory. `down` fails the next posts; those in `gone` have left."""

    def __init__(self) -> None:
        self.frames: dict[str, list[dict[str, object]]] = {}
        self.gone: set[str] = set()
        self.down = 0
        self.ended: list[str] = []

    def post(self, connection_id: str, frame: str) -> bool:
        if self.down:
            self.down -= 1
            raise UnavailableError("down", code="aws")
        if connection_id in self.gone:
            return False
        self.frames.setdefault(connection_id, []).append(json.loads(frame))
        return True

    def end(self, connection_id: str) -> None:
        self.ended.append(connection_id)

    def seen(self, connection_id: str) -> list[int]:
        return [
            event["sequence"]
            for frame in self.frames.get(connection_id, [])
            if frame["type"] == "events"
            for event in frame["events"]  # type: ignore[attr-defined]  # a list, by its type
        ]


@pytest.fixture
def posts(world: World) -> HeldPosts:
    held = HeldPosts()
    world.hub.posts = held
    return held


def connected(world: World, customer: Customer, name: str = "one") -> Connection:
    at = world.clock.now()
    world.hub.open_connection(
        OpenConnectionCommand(
            name,
            customer.customer_id,
            customer.session_id,
            customer.scope,
            AccountId(customer.key_account) if customer.key_account else None,
            at + timedelta(minutes=10),
            None,
        )
    )
    found = world.hub.connections.find(name)
    assert found is not None
    return found


def subscribed(
    world: World, customer: Customer, name: str = "one", after: int | None = None
) -> Connection:
    connection = connected(world, customer, name)
    command = SubscribeAccountCommand(connection, customer.account_id, after)
    world.hub.subscribe_account(command)
    return connection


def with_key(world: World, customer: Customer) -> Customer:
    """A program of the customer's, that has a key of the account."""
    command = CreateApiKeyCommand(
        customer.customer_id, customer.account_id, "robot", KeyScope.READ, timedelta(days=1)
    )
    made = world.hub.create_api_key(command)
    program = Customer(customer.customer_id, customer.account_id, made.key.key_id)
    program.scope, program.key_account = KeyScope.READ, customer.account_id
    return program


def head(world: World, customer: Customer) -> int:
    found = world.hub.account_log.head(customer.customer_id, customer.account_id)
    assert found is not None
    return found


def test_a_subscriber_is_told_what_happens_from_then_on(world: World, posts: HeldPosts):
    customer = world.customer()
    began = head(world, customer)
    subscribed(world, customer)
    world.deposit(customer, "10.00")
    world.deposit(customer, "20.00")

    assert world.hub.deliver_account_events([customer.account_id]) == set()

    assert posts.frames["one"][0] == {
        "type": "subscribed",
        "account_id": customer.account_id,
        "sequence": began,
    }
    assert posts.seen("one") == [began + 1, began + 2]
    told = posts.frames["one"][1]["events"][0]  # type: ignore[index]  # a list, by its type
    assert (told["type"], told["detail"]["amount"]) == ("CashDeposited", "10.00")


def test_telling_again_tells_nothing_again(world: World, posts: HeldPosts):
    customer = world.customer()
    subscribed(world, customer)
    world.deposit(customer, "10.00")
    for _ in range(3):
        world.hub.deliver_account_events([customer.account_id] * 2)
    assert posts.seen("one") == [head(world, customer)]


def test_resuming_tells_what_was_missed_in_order_in_frames_of_a_bounded_size(
    world: World, posts: HeldPosts
):
    customer = world.customer()
    for _ in range(2 * BATCH + 5):
        world.deposit(customer, "1.00")
    subscribed(world, customer, after=0)
    assert posts.seen("one") == list(range(1, head(world, customer) + 1))
    sizes = [len(each["events"]) for each in posts.frames["one"][1:]]  # type: ignore[arg-type]  # lists
    assert max(sizes) == BATCH


def test_a_place_beyond_the_log_is_refused(world: World, posts: HeldPosts):
    customer = world.customer()
    with pytest.raises(RejectedError) as refused:
        subscribed(world, customer, after=10**6)
    assert refused.value.extra == {"sequence": str(head(world, customer))}
    assert posts.frames == {}


def test_anothers_account_is_not_there(world: World, posts: HeldPosts):
    mine, theirs = world.customer(), world.customer()
    connection = connected(world, mine)
    with pytest.raises(NotFoundError):
        world.hub.subscribe_account(SubscribeAccountCommand(connection, theirs.account_id, after=0))
    world.deposit(theirs, "1.00")
    world.hub.deliver_account_events([theirs.account_id])
    assert posts.frames == {}


def test_what_could_not_be_told_is_told_the_next_time(world: World, posts: HeldPosts):
    customer = world.customer()
    subscribed(world, customer)
    world.deposit(customer, "10.00")
    posts.down = 1
    assert world.hub.deliver_account_events([customer.account_id]) == {customer.account_id}
    assert posts.seen("one") == []
    assert world.hub.deliver_account_events([customer.account_id]) == set()
    assert posts.seen("one") == [head(world, customer)]


def test_a_client_that_has_left_is_forgotten_and_the_others_are_told(
    world: World, posts: HeldPosts
):
    customer = world.customer()
    subscribed(world, customer, "gone")
    subscribed(world, customer, "here")
    posts.gone.add("gone")
    world.deposit(customer, "10.00")
    world.hub.deliver_account_events([customer.account_id])
    assert world.hub.connections.find("gone") is None
    assert posts.seen("here") == [head(world, customer)]


def test_telling_dies_between_the_post_and_the_commit_and_the_next_begins_there_again(
    world: World, posts: HeldPosts
):
    customer = world.customer()
    subscribed(world, customer)
    world.deposit(customer, "10.00")

    def die() -> None:
        with world.hub.connections.turn(Subscription("one", customer.account_id)) as turn:
            assert turn is not None
            turn.tell_to(head(world, customer))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    world.hub.deliver_account_events([customer.account_id])
    assert posts.seen("one") == [head(world, customer)]


def test_many_who_tell_at_once_tell_each_event_once_and_in_order(world: World, posts: HeldPosts):
    customer = world.customer()
    began = head(world, customer)
    subscribed(world, customer)
    hubs = [world.another_hub() for _ in range(4)]
    for hub in hubs:
        hub.posts = posts

    def work(hub: Hub) -> None:
        for _ in range(25):
            hub.deliver_account_events([customer.account_id])

    threads = [Thread(target=work, args=[hub]) for hub in hubs]
    for thread in threads:
        thread.start()
    for _ in range(40):
        world.deposit(customer, "1.00")
    for thread in threads:
        thread.join()
    world.hub.deliver_account_events([customer.account_id])
    assert posts.seen("one") == list(range(began + 1, head(world, customer) + 1))


def test_an_expired_connection_is_told_nothing_and_hung_up_on(world: World, posts: HeldPosts):
    customer = world.customer()
    subscribed(world, customer)
    world.clock.advance(600)
    world.deposit(customer, "10.00")
    world.hub.deliver_account_events([customer.account_id])
    assert posts.seen("one") == []
    assert world.hub.end_expired_connections() == 1
    assert posts.frames["one"][-1]["code"] == "auth_expired"
    assert posts.ended == ["one"]
    assert world.hub.connections.find("one") is None
    assert world.hub.end_expired_connections() == 0


def test_a_connection_ends_with_the_log_in_or_the_key_that_opened_it(
    world: World, posts: HeldPosts
):
    customer, at = world.customer(), world.clock.now()
    keyed = with_key(world, customer)
    for name, caller in (("by log-in", customer), ("by key", keyed)):
        subscribed(world, caller, name)
    assert world.hub.end_expired_connections() == 0
    world.hub.sessions.end_all(customer.customer_id, Ending.LOGOUT, at)
    world.hub.api_keys.revoke(keyed.customer_id, keyed.account_id, keyed.session_id, at)
    world.deposit(customer, "10.00")
    world.hub.deliver_account_events([customer.account_id])
    assert (posts.seen("by log-in"), posts.seen("by key")) == ([], [])
    assert world.hub.end_expired_connections() == 2
    assert sorted(posts.ended) == ["by key", "by log-in"]
    assert world.hub.end_expired_connections() == 0


def test_a_renewed_connection_lives_on(world: World, posts: HeldPosts):
    customer = world.customer()
    subscribed(world, customer)
    later = world.clock.now() + timedelta(minutes=20)
    again = world.at_the_door(customer.customer_id, customer.account_id)
    world.hub.connections.renew("one", again.session_id, later)
    world.clock.advance(600)
    assert world.hub.end_expired_connections() == 0
    world.deposit(customer, "10.00")
    world.hub.deliver_account_events([customer.account_id])
    assert posts.seen("one") == [head(world, customer)]


def test_there_is_an_end_to_connections_and_accounts(world: World, posts: HeldPosts):
    customer = world.customer()
    for number in range(MOST_CONNECTIONS):
        connected(world, customer, f"c{number}")
    with pytest.raises(ThrottledError):
        connected(world, customer, "one too many")
    other = Subscription("c0", customer.account_id)
    assert world.hub.connections.subscribe(other, 0, most=0) is False
    assert world.hub.connections.subscribe(other, 0, MOST_SUBSCRIPTIONS)
    assert world.hub.connections.subscribe(other, 1, MOST_SUBSCRIPTIONS), "anew"
    assert world.hub.connections.unsubscribe(other)
    assert not world.hub.connections.unsubscribe(other)


def test_a_page_of_a_stranger_may_not_connect(world: World, posts: HeldPosts):
    customer = world.customer()
    at = world.clock.now() + timedelta(minutes=10)
    command = OpenConnectionCommand(
        "one", customer.customer_id, customer.session_id, "customer", None, at, "x"
    )
    with pytest.raises(ForbiddenError) as refused:
        world.hub.open_connection(command)
    assert refused.value.code == "origin"
    assert world.hub.connections.find("one") is None


def test_who_may_read_nothing_may_not_connect(world: World, posts: HeldPosts):
    customer = world.customer()
    customer.scope = "nothing"
    with pytest.raises(ForbiddenError) as refused:
        connected(world, customer)
    assert refused.value.code == "scope"
    assert world.hub.connections.find("one") is None


def test_an_order_is_told_from_its_first_event_to_its_last(world: World, posts: HeldPosts):
    customer = world.customer()
    world.deposit(customer, "10000.00")
    world.quote("AAPL", "100", "100.02")
    subscribed(world, customer)
    world.submit(customer, "buy", "1")
    world.process()
    world.hub.deliver_account_events([customer.account_id])
    told = [
        (event["type"], event["state_after"])
        for frame in posts.frames["one"][1:]
        for event in frame["events"]  # type: ignore[attr-defined]  # a list, by its type
    ]
    assert told[0] == ("OrderSubmitted", "pending_new")
    assert told[-1] == ("OrderExecuted", "filled")


async def test_many_places_are_read_at_once_each_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_events, "MOST_OF_ONE", 5)
    events = PostgresEvents(world.urls.app)
    customers = [world.customer() for _ in range(3)]
    for customer in customers:
        for _ in range(7):
            world.deposit(customer, "1.00")
    first, second, third = customers
    ends = head(world, first)
    try:
        assert await events.head(first.customer_id, first.account_id) == ends
        assert await events.head(second.customer_id, first.account_id) is None
        found = await events.after(
            [(third.account_id, ends - 2), (first.account_id, ends), (second.account_id, 0)]
        )
        again = await events.after([(second.account_id, 5)])
    finally:
        await events.close()

    numbers = [(index, event.sequence) for index, event in found]
    assert numbers == [
        (0, ends - 1),
        (0, ends),
        *((2, number) for number in range(1, 6)),
    ]
    log = world.hub.account_log
    assert [event for index, event in found if index == 2] == log.after(second.account_id, 0, 5)
    assert [event for _, event in again] == log.after(second.account_id, 5, 10)


async def test_a_broken_connection_to_the_log_is_replaced(world: World):
    events = PostgresEvents(world.urls.app)
    customer = world.customer()
    try:
        await events.head(customer.customer_id, customer.account_id)
        with psycopg.connect(world.urls.owner, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hub account log'"
            )
        with pytest.raises(UnavailableError):
            await events.head(customer.customer_id, customer.account_id)
        await asyncio.sleep(RETRY_AFTER)
        assert await events.head(customer.customer_id, customer.account_id) == 1
    finally:
        await events.close()
