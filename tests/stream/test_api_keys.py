"""API keys at the doors of the stream: looked up once, and let go of soon after they end."""

import asyncio
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import grpc
import grpc.aio
import pytest
from websockets.asyncio.client import connect

from hub.application.ports.identity import Identity
from hub.domain.kernel import AccountId, CustomerId, UnauthenticatedError, UnavailableError
from stream import api_keys
from stream.api_keys import Keys
from stream.gen import market_data_pb2 as messages
from tests.stream.grpc_house import SERVERS, GrpcHouse, grpc_house
from tests.stream.house import hear, opened, quote, say
from tests.stream.servers import TOKEN, eventually
from tests.stream.sources import Source

KEY, UNKNOWN, SCOPELESS = (f"hk_{letter * 43}" for letter in "kus")


class Book:
    """Who has which key; counts how often it is asked. `away` is the database's silence."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.live: Collection[str] = {"key-1"}
        self.away = False
        self.held = threading.Event()
        self.held.set()
        self.keys = Keys(self.look_up, self.find_live)

    def look_up(self, key: str) -> Identity:
        self.held.wait(30)
        self.asked.append(key)
        self._answers()
        if key == UNKNOWN:
            raise UnauthenticatedError("the key is not valid", code="bad_key")
        until = datetime.now(UTC) + timedelta(days=1)
        scope = "nothing" if key == SCOPELESS else "read"
        return Identity(CustomerId("one"), "key-1", scope, until, AccountId("account-1"))

    def find_live(self, _ids: Collection[str]) -> Collection[str]:
        self._answers()
        return self.live

    def _answers(self) -> None:
        if self.away:
            raise UnavailableError("the database does not answer")


@pytest.fixture
def book() -> Book:
    return Book()


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def test_many_who_come_by_one_key_ask_once(book: Book):
    await asyncio.gather(*(book.keys.find(KEY) for _ in range(20)))

    known = book.keys.at_hand(KEY)
    assert known is not None
    assert (known.account_id, book.asked) == ("account-1", [KEY])


async def test_a_key_is_believed_for_a_moment_and_a_refusal_is_not_kept(
    book: Book, monkeypatch: pytest.MonkeyPatch
):
    await book.keys.find(KEY)
    monkeypatch.setattr(api_keys, "BELIEVED_SECONDS", 0.0)
    assert book.keys.at_hand(KEY) is None
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await book.keys.find(UNKNOWN)
    assert book.asked == [KEY, UNKNOWN, UNKNOWN]


async def test_what_only_looks_like_keys_does_not_fill_the_queue_of_the_database(
    book: Book, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api_keys, "_MOST_AT_ONCE", 2)
    book.held.clear()
    first = [asyncio.ensure_future(book.keys.find(f"hk_{n}{'x' * 42}")) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError, match="too many keys"):
        await book.keys.find(KEY)
    book.held.set()
    await asyncio.gather(*first)
    assert (await book.keys.find(KEY)).session_id == "key-1"


async def test_a_look_up_that_nobody_waits_for_any_more_is_there_for_the_next(book: Book):
    book.held.clear()
    gone = asyncio.ensure_future(book.keys.find(KEY))
    await asyncio.sleep(0)
    gone.cancel()
    book.held.set()
    await book.keys.find(KEY)
    assert book.asked == [KEY]


async def test_streams_outlast_a_silent_database_for_as_long_as_a_token_lives(
    book: Book, monkeypatch: pytest.MonkeyPatch
):
    identity = await book.keys.find(KEY)
    book.keys.entered(identity)
    book.away = True
    await book.keys.check()
    assert not book.keys.has_ended(identity)
    monkeypatch.setattr(api_keys, "UNCHECKED_SECONDS", 0.0)
    await book.keys.check()
    assert book.keys.has_ended(identity)
    book.keys.left(identity)
    assert not book.keys.has_ended(identity), "forgotten with its last stream"


async def test_a_revoked_key_ends_its_streams_at_each_door(book: Book):
    async with grpc_house(keys=book.keys) as house:
        house.tell(quote())
        call = house.stream(KEY, symbols=["AAPL"])
        await call.read()
        async with (
            connect(f"ws://{house.url}/stream", additional_headers=bearer(KEY)) as by_header,
            connect(f"ws://{house.url}/stream") as by_message,
            connect(f"ws://{house.url}/stream", additional_headers=bearer(TOKEN)) as by_token,
            Source(house, "symbols=AAPL", **bearer(KEY)) as source,
        ):
            await say(by_message, action="auth", token=KEY)
            assert [await hear(each) for each in (by_header, by_message, by_token)] == [
                {"type": "authenticated"}
            ] * 3
            await source.messages(1)
            await book.keys.check()
            await say(by_token, action="auth", token=KEY)
            await say(by_token, action="auth", token=TOKEN)
            assert [await hear(by_token) for _ in range(2)] == [{"type": "authenticated"}] * 2
            book.live = ()
            await book.keys.check()
            ended = [await hear(each) for each in (by_header, by_message)]
            (told,) = await source.messages(1)
            await say(by_token, action="subscribe", symbols=["AAPL"])
            stays = await hear(by_token)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call.read()

    assert [each["code"] for each in (*ended, told)] == ["key_ended"] * 3
    assert (by_header.close_code, by_message.close_code) == (4401, 4401)
    assert stays["type"] == "subscriptions"
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert dict(error.value.trailing_metadata() or ())["hub-code"] == "key_ended"
    assert book.asked == [KEY], "not once more for any of them"


class Words(NamedTuple):
    """How each door says no: a WebSocket's close and code, SSE's status, gRPC's status and code."""

    close: int
    said: str
    status: str
    grpc: str
    code: str


REFUSED = [
    (UNKNOWN, Words(4401, "unauthenticated", "401", "UNAUTHENTICATED", "bad_key")),
    (SCOPELESS, Words(4403, "scope", "403", "PERMISSION_DENIED", "scope")),
    (KEY, Words(1013, "unavailable", "503", "UNAVAILABLE", "unavailable")),
]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(("key", "words"), REFUSED, ids=["unknown", "scopeless", "not found out"])
async def test_a_key_that_opens_nothing_is_refused_in_the_words_of_each_door(
    book: Book, server: str, key: str, words: Words
):
    book.away = key == KEY
    async with grpc_house(server, keys=book.keys) as house:
        async with connect(f"ws://{house.url}/stream") as stream:
            await say(stream, action="auth", token=key)
            told = await hear(stream)
            await stream.wait_closed()
        async with Source(house, "symbols=AAPL", **bearer(key)) as source:
            pass
        refusals = [await refusal(call) for call in calls_of(house, key)]

    assert (stream.close_code, told["code"]) == words[:2]
    assert source.head.split()[1].decode() == words.status
    assert refusals == [words[3:]] * 3


def calls_of(house: GrpcHouse, key: str) -> list[Any]:
    metadata = (("authorization", f"Bearer {key}"),)
    request = messages.GetMarketDataRequest(symbols=["AAPL"])
    return [
        house.stub.GetMarketData(request, metadata=metadata),
        house.stream(key, symbols=["AAPL"]),
        house.stub.Subscribe(metadata=metadata),
    ]


async def refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await (call.read() if hasattr(call, "read") else call)
    return error.value.code().name, dict(error.value.trailing_metadata() or ())["hub-code"]


@pytest.mark.parametrize("server", SERVERS)
async def test_what_is_asked_while_a_key_is_looked_up_is_answered_then(book: Book, server: str):
    book.held.clear()
    async with grpc_house(server, keys=book.keys) as house:
        house.tell(quote())
        once, watching, asking = calls_of(house, KEY)
        subscribe = messages.Topics(symbols=["AAPL"])
        await asking.write(messages.SubscribeRequest(subscribe=subscribe))
        book.held.set()
        assert (await once).quotes[0].symbol == "AAPL"
        assert (await watching.read()).events[0].quote.symbol == "AAPL"
        assert (await asking.read()).events[0].subscriptions.quotes == ["AAPL"]
        for call in (watching, asking):
            call.cancel()
    assert book.asked == [KEY]


async def test_who_leaves_or_speaks_out_of_turn_while_it_is_looked_up_opens_nothing(book: Book):
    book.held.clear()
    request = f"GET /stream/events?symbols=AAPL HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    async with opened(keys=book.keys) as house:
        writers = []
        for words in ("", "GET /stream/events"):
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            writer.write((request + words).encode())
            await eventually(lambda: book.keys._asked)
            writers.append(writer)
            if not words:
                writer.close()
            else:
                async with asyncio.timeout(10):
                    assert await reader.read() == b""
        await eventually(lambda: not house.front._entrance.doors)
        book.held.set()
        await book.keys.find(KEY)
        await asyncio.sleep(0)
        assert (house.house.streams, house.counts.opened) == ({}, {})
        for writer in writers:
            writer.close()
