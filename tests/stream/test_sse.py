"""Server-sent events: one request, then all that was asked for; coming back where one was."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stream import rates, sse
from tests.stream.house import BEARER, OpenHouse, opened, quote, trade
from tests.stream.servers import TOKEN, Valkey, eventually
from tests.stream.sources import Source


@pytest.fixture
async def house() -> AsyncIterator[OpenHouse]:
    async with opened() as house:
        yield house


async def test_what_stands_comes_first_and_then_all_that_is_new(house: OpenHouse):
    house.tell(quote(), quote("MSFT"))
    async with Source(house, "symbols=AAPL&channels=quotes,trades") as source:
        (first,) = await source.messages(1)
        house.tell(trade(1), trade(2, "IBM"), quote(bid="11.00"))
        news = await source.messages(2)

    assert b"200 OK" in source.head
    assert b"Content-Type: text/event-stream" in source.head
    assert source.retry == 2_000
    assert source.name == "quote"
    assert (first["snapshot"], first["symbol"]) == (True, "AAPL")
    assert [(each["type"], each["sequence"]) for each in news] == [("trade", 1), ("quote", 2)]
    assert source.last_id == news[-1]["cursor"] == "1-5"


@pytest.mark.parametrize("as_header", [True, False])
async def test_who_comes_back_misses_nothing(house: OpenHouse, as_header: bool):
    house.tell(trade(1), trade(2))
    async with Source(house, "symbols=AAPL&channels=trades") as source:
        await source.messages(1)
    house.tell(trade(3), quote(), trade(4))
    query = "symbols=AAPL&channels=trades"
    again = (
        Source(house, query, **{"Last-Event-ID": source.last_id})
        if as_header
        else Source(house, f"{query}&last_event_id={source.last_id}")
    )
    async with again:
        missed = await again.messages(2)

    assert [each["id"] for each in missed] == ["t-3", "t-4"]


async def test_a_client_that_left_is_forgotten(house: OpenHouse):
    async with Source(house, "symbols=*"):
        await eventually(lambda: house.board.topics)
        assert house.counts.connections["sse"] == 1

    await eventually(lambda: not house.board.topics)
    assert house.counts.connections["sse"] == 0
    assert house.house.streams == {}


async def test_comments_keep_the_stream_alive(house: OpenHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.5)
    async with Source(house, "symbols=AAPL") as source:
        await source.event()
        beat = await source.block()

    assert beat == b": heartbeat\n\n"


async def test_when_the_token_expires_the_stream_says_so_and_ends(house: OpenHouse):
    async with Source(house, "symbols=AAPL", Authorization=f"Bearer {TOKEN}/one/1") as source:
        (told,) = await source.messages(1)

        assert (told["type"], told["code"]) == ("refused", "token_expired")
        assert await source.ended()


async def test_at_the_end_of_the_task_it_is_told_when_to_come_back(house: OpenHouse):
    async with Source(house, "symbols=AAPL") as source:
        await source.event()
        house.front.restart(5_000)
        await source.event()

        assert source.retry == 5_000
        assert await source.ended()


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("symbols=AAPL", {"Authorization": "Bearer no"}, 401, "unauthenticated"),
        ("symbols=AAPL", {"Authorization": ""}, 401, "unauthenticated"),
        ("", {}, 400, "invalid_input"),
        ("symbols=aapl", {}, 400, "invalid_input"),
        ("symbols=NOPE", {}, 400, "unknown_symbol"),
        ("symbols=AAPL&channels=news", {}, 400, "invalid_input"),
        ("symbols=AAPL", {"Last-Event-ID": "x"}, 400, "invalid_input"),
        ("symbols=AAPL&ticket=" + "x" * 100, {}, 401, "bad_ticket"),
    ],
)
async def test_a_refusal_says_why(
    house: OpenHouse, query: str, headers: dict[str, str], status: int, code: str
):
    async with Source(house, query, **headers) as source:
        body = await source.answer()

    assert source.head.startswith(f"HTTP/1.1 {status} ".encode())
    assert body["code"] == code
    assert house.counts.connections["sse"] == 0


async def test_a_customer_has_so_many_streams_and_no_more():
    async with (
        opened(most=1) as house,
        Source(house, "symbols=AAPL"),
        Source(house, "symbols=AAPL") as second,
    ):
        body = await second.answer()

    assert (second.head[:12], body["code"]) == (b"HTTP/1.1 403", "too_many_streams")


async def test_a_ticket_got_by_a_token_opens_one_stream(valkey: Valkey):
    async with opened(redis_url=valkey.url) as house:
        issued = await asyncio.to_thread(post, house, "/stream/tickets", BEARER)
        without = {"Authorization": ""}
        query = f"symbols=AAPL&ticket={issued['ticket']}"
        async with Source(house, query, **without) as first:
            await first.event()
            async with Source(house, query, **without) as second:
                body = await second.answer()
        with pytest.raises(urllib.error.HTTPError) as refused:
            await asyncio.to_thread(post, house, "/stream/tickets", {})
        refused.value.close()

    assert issued["expires_in"] == 30
    assert b"200 OK" in first.head
    assert body["code"] == "bad_ticket"
    assert refused.value.code == 401


def post(house: OpenHouse, path: str, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(f"http://{house.url}{path}", method="POST", headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 201
        found: dict[str, Any] = json.loads(answer.read())
        return found


async def test_a_page_of_another_origin_may_ask(house: OpenHouse):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"OPTIONS /stream/tickets HTTP/1.1\r\nHost: here\r\nOrigin: http://a\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()

    assert "Access-Control-Allow-Origin: *" in answer
    assert "Access-Control-Allow-Headers: Authorization" in answer


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nA: 1\r\nA: 2\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nA : 1\r\n\r\n",
        b"POST /stream/tickets HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /stream/tickets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"x" * 20_000,
    ],
)
async def test_what_is_no_request_is_refused(house: OpenHouse, request_text: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request_text)
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_streams_and_tickets_are_begun_so_often_and_no_more(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rates, "CALLS_AT_ONCE", 2.0)
    monkeypatch.setattr(rates, "CALLS_PER_SECOND", 0.001)
    async with opened(redis_url=valkey.url, most=1) as house:
        await asyncio.to_thread(post, house, "/stream/tickets", BEARER)
        async with Source(house, "symbols=AAPL") as source:
            await source.event()
        async with Source(house, "symbols=AAPL") as refused:
            body = await refused.answer()
        with pytest.raises(urllib.error.HTTPError) as no_ticket:
            await asyncio.to_thread(post, house, "/stream/tickets", BEARER)
        no_ticket.value.close()

    assert (refused.head[:12], body["code"]) == (b"HTTP/1.1 429", "too_many_calls")
    assert (no_ticket.value.code, no_ticket.value.headers["Retry-After"]) == (429, "1")
