"""What happens in an account, by server-sent events: from any place in its log, without a gap."""

import asyncio
from collections.abc import AsyncIterator
from itertools import chain

import pytest

from hub.domain.kernel import AccountId
from stream import account_news, sse
from stream.account_news import AccountNews
from tests.stream.house import HeldLog, OpenHouse, opened
from tests.stream.servers import TOKEN, Valkey, eventually
from tests.stream.sources import Source

ACCOUNT = "01900000-0000-7000-8000-000000000001"
THEIRS = "01900000-0000-7000-8000-000000000002"


@pytest.fixture
async def house() -> AsyncIterator[OpenHouse]:
    async with opened() as house:
        house.log.open(ACCOUNT)
        house.log.open(THEIRS, "two")
        yield house


def listening(house: OpenHouse, query: str = "", **headers: str) -> Source:
    return Source(house, query, f"/accounts/{ACCOUNT}/stream", **headers)


async def test_what_happens_from_now_on_is_told(house: OpenHouse):
    house.log.happen(ACCOUNT, 3)
    async with listening(house) as source:
        (confirmed,) = await source.messages(1)
        assert (source.name, source.last_id) == ("subscribed", "3")
        house.log.happen(ACCOUNT, 2)
        told = await source.messages(2)

    assert b"Content-Type: text/event-stream" in source.head
    assert confirmed == {"account_id": ACCOUNT, "sequence": 3}
    assert [event["sequence"] for event in told] == [4, 5]
    assert (source.name, source.last_id) == ("event", "5")
    assert told[0] == {
        "sequence": 4,
        "type": "CashDeposited",
        "order_id": None,
        "state_before": None,
        "state_after": None,
        "cause": "a test",
        "detail": {"n": 4},
        "market_time": None,
        "at": "2012-06-01T16:00:00Z",
    }


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("after=2", {}),
        ("last_event_id=2", {}),
        ("", {"Last-Event-ID": "2"}),
        ("after=0", {"Last-Event-ID": "2"}),
    ],
)
async def test_who_comes_back_is_told_what_was_missed(
    house: OpenHouse, query: str, headers: dict[str, str]
):
    house.log.most_of_one = 3
    house.log.happen(ACCOUNT, 10)
    async with listening(house, query, **headers) as source:
        _, *missed = await source.messages(9)
        house.log.happen(ACCOUNT)
        (news,) = await source.messages(1)

    assert [event["sequence"] for event in [*missed, news]] == list(range(3, 12))


async def test_before_the_first_event_a_client_knows_its_place_too(house: OpenHouse):
    house.log.happen(ACCOUNT, 3)
    async with listening(house) as source:
        await source.messages(1)
    house.log.happen(ACCOUNT)
    async with listening(house, **{"Last-Event-ID": source.last_id}) as again:
        _, missed = await again.messages(2)

    assert missed["sequence"] == 4


async def test_while_nobody_listens_the_database_is_asked_nothing(house: OpenHouse):
    async with listening(house) as source:
        await source.messages(1)
        await eventually(lambda: house.log.looks)
    await eventually(lambda: not house.news.listeners)
    await asyncio.sleep(0)
    looks = house.log.looks
    # A turn of one who would look again, some times over.
    await asyncio.sleep(account_news.LOOK_SECONDS * 5)

    assert house.log.looks == looks
    assert house.counts.connections["account_sse"] == 0


async def test_an_outage_of_the_database_is_a_delay(
    house: OpenHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(account_news, "_RETRY_AFTER", 0.05)
    async with listening(house) as source:
        await source.messages(1)
        house.log.up = False
        house.log.happen(ACCOUNT, 2)
        async with listening(house) as refused:
            body = await refused.answer()
        house.log.up = True
        told = await source.messages(2)

    assert refused.head.startswith(b"HTTP/1.1 503 ")
    assert body["code"] == "unavailable"
    assert [event["sequence"] for event in told] == [1, 2]


@pytest.mark.parametrize(
    ("wanted", "headers", "status", "code"),
    [
        (THEIRS, {}, 404, "not_found"),
        (ACCOUNT[:-1] + "9", {}, 404, "not_found"),
        ("mine", {}, 400, "invalid_input"),
        (f"{ACCOUNT}?after=-1", {}, 400, "invalid_input"),
        (f"{ACCOUNT}?after={'9' * 16}", {}, 400, "invalid_input"),
        (ACCOUNT, {"Last-Event-ID": "1-5"}, 400, "invalid_input"),
        (f"{ACCOUNT}?after=4", {}, 422, "beyond_the_log"),
        (ACCOUNT, {"Authorization": "Bearer no"}, 401, "unauthenticated"),
        (f"{ACCOUNT}?ticket={'x' * 100}", {}, 401, "bad_ticket"),
    ],
)
async def test_a_refusal_says_why(
    house: OpenHouse, wanted: str, headers: dict[str, str], status: int, code: str
):
    house.log.happen(ACCOUNT, 3)
    account, _, query = wanted.partition("?")
    async with Source(house, query, f"/accounts/{account}/stream", **headers) as source:
        body = await source.answer()

    assert source.head.startswith(f"HTTP/1.1 {status} ".encode())
    assert body["code"] == code
    assert house.news.listeners == 0


async def test_a_ticket_opens_it_once(valkey: Valkey):
    async with opened(redis_url=valkey.url) as house:
        house.log.open(ACCOUNT)
        ticket = await house.house.guests.ticket(TOKEN)
        nobody = {"Authorization": ""}
        async with listening(house, f"ticket={ticket}", **nobody) as first:
            await first.messages(1)
            async with listening(house, f"ticket={ticket}", **nobody) as second:
                body = await second.answer()

    assert body["code"] == "bad_ticket"


async def test_what_is_the_customers_own_is_told_also_where_the_markets_data_may_not_be():
    async with opened(most=1, redistributes=False) as house:
        house.log.open(ACCOUNT)
        async with listening(house) as source, listening(house) as second:
            await source.messages(1)
            body = await second.answer()

    assert (second.head[:12], body["code"]) == (b"HTTP/1.1 403", "too_many_streams")


async def test_when_the_token_expires_the_stream_says_so_and_ends(house: OpenHouse):
    async with listening(house, Authorization=f"Bearer {TOKEN}/one/1") as source:
        _, told = await source.messages(2)

        assert (source.name, told["code"]) == ("refused", "token_expired")
        assert await source.ended()


async def test_comments_keep_the_stream_alive(house: OpenHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.1)
    async with listening(house) as source:
        await source.messages(1)
        assert await source.block() == b": heartbeat\n\n"


class Slow:
    """A listener that takes something when it is told to."""

    def __init__(self) -> None:
        self.ready = True
        self.told: list[bytes] = []

    def tell(self, frames: bytes, count: int) -> None:
        self.told += frames.removesuffix(b"\n\n").split(b"\n\n")
        assert len(self.told) >= count

    @property
    def numbers(self) -> list[int]:
        return [int(frame.split(b"\n")[0].removeprefix(b"id: ")) for frame in self.told]


async def test_listeners_who_are_slow_or_behind_hold_nobody_up():
    log = HeldLog()
    log.open(ACCOUNT)
    log.most_of_one = 10
    log.happen(ACCOUNT, 100)
    news, account_id = AccountNews(log), AccountId(ACCOUNT)
    quick, slow, behind = Slow(), Slow(), Slow()
    for listener, after in ((quick, 100), (slow, 100), (behind, 0)):
        news.join(listener, (account_id, after))
    slow.ready = False
    for _ in range(5):
        log.happen(ACCOUNT, 2)
        await news.look()
    assert quick.numbers == list(range(101, 111))
    assert (slow.numbers, behind.numbers) == ([], list(range(1, 51)))
    slow.ready = True
    for _ in range(6):
        await news.look()
    assert slow.numbers == quick.numbers
    assert behind.numbers == list(range(1, 111))
    for listener in (quick, slow, behind, quick):
        news.leave(listener)
    assert news.listeners == 0
    looks = log.looks
    await news.look()
    assert log.looks == looks, "of nobody there is nothing to ask"


async def test_what_is_told_is_what_the_log_says_whoever_leaves_and_whenever():
    log = HeldLog()
    log.open(ACCOUNT)
    news, account_id = AccountNews(log), AccountId(ACCOUNT)
    seen: list[Slow] = []
    after = 0
    for turn in range(20):
        listener = Slow()
        news.join(listener, (account_id, after))
        for _ in range(turn % 3):
            log.happen(ACCOUNT, turn % 4)
            await news.look()
        news.leave(listener)
        log.happen(ACCOUNT)
        seen.append(listener)
        after = listener.numbers[-1] if listener.told else after
    union = list(chain.from_iterable(listener.numbers for listener in seen))

    assert union == list(range(1, after + 1))
    assert after > 20
