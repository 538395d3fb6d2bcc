"""The WebSocket: who gets in, what is refused, what is delivered, and to whom that is slow."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from stream import websocket
from stream.rates import Pace
from tests.stream.house import BEARER, OpenHouse, hear, opened, quote, say, stream_of, trade
from tests.stream.servers import TOKEN, Valkey, eventually
from tests.stream.unpacked import unpacked

UPDATES = 20_000


@pytest.fixture
async def house() -> AsyncIterator[OpenHouse]:
    async with opened() as house:
        yield house


async def closed_with(stream: ClientConnection) -> int:
    """The code of the server's close, which comes now."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(5):
            await stream.recv()
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


async def test_what_stands_comes_first_and_then_all_that_is_new(house: OpenHouse):
    house.tell(quote(bid="9.00"), quote(bid="10.00"), trade(1))
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", channels=["quotes", "trades"], symbols=["AAPL"])
        told = [await hear(stream) for _ in range(3)]
        house.tell(quote(bid="11.00"), quote("MSFT"), trade(2))
        news = [await hear(stream) for _ in range(2)]

    assert told[0] == {
        "type": "subscriptions",
        "channels": {"quotes": ["AAPL"], "trades": ["AAPL"]},
    }
    assert [(each["type"], each["sequence"], each["snapshot"]) for each in told[1:]] == [
        ("quote", 2, True),
        ("trade", 1, True),
    ]
    assert [(each["type"], each["sequence"]) for each in news] == [("quote", 3), ("trade", 2)]
    assert [each["cursor"] for each in news] == ["1-4", "1-6"]
    assert (news[0]["bid"], news[1]["id"]) == ("11.00", "t-2")
    assert not any("snapshot" in each for each in news)


async def test_a_reader_can_go_on_where_it_was(house: OpenHouse):
    house.tell(trade(1), quote(), trade(2))
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", channels=["trades"], symbols=["AAPL"])
        await hear(stream)
        last = (await hear(stream))["cursor"]
    house.tell(trade(3), trade(4), trade(5, "MSFT"))
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", channels=["trades"], symbols=["AAPL"], resume=last)
        await hear(stream)
        missed = [await hear(stream) for _ in range(2)]
        house.tell(trade(6))
        news = await hear(stream)

    assert [each["id"] for each in missed] == ["t-3", "t-4"]
    assert [each["sequence"] for each in [*missed, news]] == [3, 4, 5]


async def test_who_was_away_too_long_is_told_so_and_begins_with_what_stands(house: OpenHouse):
    house.tell(quote())
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", symbols=["AAPL"], resume="1-999")
        told = [await hear(stream) for _ in range(3)]

    assert [each["type"] for each in told] == ["subscriptions", "quote", "not_resumed"]
    assert told[1]["snapshot"]


async def test_unsubscribing_ends_what_was_asked_for(house: OpenHouse):
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", channels=["quotes", "trades"], symbols=["*"])
        await hear(stream)
        await say(stream, action="unsubscribe", channels=["quotes"], symbols=["*"])
        left = await hear(stream)
        house.tell(quote(), trade(1))
        news = await hear(stream)

    assert left == {"type": "subscriptions", "channels": {"trades": ["*"]}}
    assert news["type"] == "trade"


async def test_updates_that_this_task_missed_are_told_as_a_gap(house: OpenHouse):
    house.tell(quote(bid="9.00"))
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", symbols=["AAPL"])
        before = [await hear(stream) for _ in range(2)]
        house.skip(quote(bid="10.00"), trade(1))
        house.tell(quote(bid="11.00"))
        told = [await hear(stream) for _ in range(3)]

    assert before[1]["sequence"] == 1
    assert [each["type"] for each in told] == ["gap", "quote", "quote"]
    assert (told[2]["sequence"], told[2]["bid"]) == (3, "11.00")


async def test_msgpack_says_the_same_as_json(house: OpenHouse):
    house.tell(quote())
    async with (
        await stream_of(house) as plain,
        await stream_of(house, "/stream?format=msgpack") as packed,
        connect(
            f"ws://{house.url}/stream",
            subprotocols=[
                Subprotocol("hub.v1.msgpack"),
                Subprotocol(f"hub.bearer.{TOKEN}"),
            ],
        ) as by_protocol,
    ):
        await by_protocol.recv()
        for stream in (plain, packed, by_protocol):
            await say(stream, action="subscribe", symbols=["AAPL"])
        expected = [await hear(plain) for _ in range(2)]
        said = [unpacked(bytes(await packed.recv(decode=False))) for _ in range(2)]
        again = [unpacked(bytes(await by_protocol.recv(decode=False))) for _ in range(2)]
        assert by_protocol.subprotocol == "hub.v1.msgpack"

    assert said == again == expected


async def test_a_client_that_reads_slowly_misses_quotes_but_no_trades(house: OpenHouse):
    async with await stream_of(house, max_queue=1) as stream:
        await say(stream, action="subscribe", channels=["quotes", "trades"], symbols=["*"])
        await eventually(lambda: house.board.topics)
        for number in range(UPDATES):
            house.tell(quote("AAPL"), quote("MSFT"))
            if number % 500 == 0:
                house.tell(trade(number))
            if number % 10 == 0:
                await asyncio.sleep(0)
        frames: list[dict[str, Any]] = []
        while not all(_is_last(frames, symbol) for symbol in ("AAPL", "MSFT")):
            frames.append(await hear(stream))

    quotes = [frame for frame in frames if frame["type"] == "quote"]
    assert len(quotes) < UPDATES / 2
    assert [each["sequence"] for each in frames if each["type"] == "trade"] == list(range(1, 41))
    for symbol in ("AAPL", "MSFT"):
        mine = [frame for frame in quotes if frame["symbol"] == symbol]
        steps = zip([{"sequence": 0}, *mine], mine, strict=False)
        assert all(
            later["sequence"] - earlier["sequence"] == 1 + later.get("skipped", 0)
            for earlier, later in steps
        )
    assert house.counts.conflated > 0


def _is_last(frames: list[dict[str, Any]], symbol: str) -> bool:
    return any(
        frame.get("symbol") == symbol and frame["sequence"] == UPDATES
        for frame in frames
        if frame["type"] == "quote"
    )


async def test_a_client_that_takes_none_of_its_trades_is_let_go(house: OpenHouse):
    async with await stream_of(house, max_queue=1) as stream:
        await say(stream, action="subscribe", channels=["trades"], symbols=["*"])
        await eventually(lambda: house.board.topics)
        for number in range(60_000):
            house.tell(trade(number))
            if number % 100 == 0:
                await asyncio.sleep(0)
        told: list[dict[str, Any]] = []
        with suppress(ConnectionClosed):
            while True:
                told.append(await hear(stream))

    sequences = [each["sequence"] for each in told if each["type"] == "trade"]
    assert sequences == list(range(1, len(sequences) + 1))
    assert house.counts.refused["too_slow"] == 1
    await eventually(lambda: not house.board.topics)


async def test_heartbeats_tell_the_last_place(house: OpenHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket, "HEARTBEAT_SECONDS", 0.5)
    house.tell(quote())
    async with await stream_of(house) as stream:
        beat = await hear(stream)

    assert (beat["type"], beat["cursor"]) == ("heartbeat", "1-1")


async def test_who_is_silent_for_a_minute_is_let_go(
    house: OpenHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(websocket, "SILENT_SECONDS", 0.5)
    stream = await stream_of(house)
    stream.transport.pause_reading()  # so that no ping is answered
    await eventually(lambda: not house.house.streams)
    stream.transport.abort()

    assert house.counts.connections["websocket"] == 0


async def test_a_token_may_come_as_the_first_message(house: OpenHouse):
    async with connect(f"ws://{house.url}/stream") as stream:
        await say(stream, action="auth", token=TOKEN)

        assert await hear(stream) == {"type": "authenticated"}


async def test_a_client_that_does_not_authenticate_in_time_is_let_go(
    house: OpenHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(websocket, "AUTH_WITHIN", 0.1)
    async with connect(f"ws://{house.url}/stream") as stream:
        told = await hear(stream)

        assert (told["code"], told["message"]) == (
            "unauthenticated",
            "no authentication within 0.1 seconds",
        )
        assert await closed_with(stream) == 4401


async def test_when_the_token_expires_the_stream_ends_unless_another_came(house: OpenHouse):
    soon = {"Authorization": f"Bearer {TOKEN}/one/1"}
    async with (
        connect(f"ws://{house.url}/stream", additional_headers=soon) as short,
        connect(f"ws://{house.url}/stream", additional_headers=soon) as prolonged,
    ):
        assert [await hear(each) for each in (short, prolonged)] == [{"type": "authenticated"}] * 2
        await say(prolonged, action="auth", token=TOKEN)
        assert await hear(prolonged) == {"type": "authenticated"}
        told = await hear(short)
        code = await closed_with(short)
        await say(prolonged, action="subscribe", symbols=["AAPL"])
        assert (await hear(prolonged))["type"] == "subscriptions"

    assert (told["code"], code) == ("token_expired", 4401)


async def test_a_stream_stays_its_customers(house: OpenHouse):
    async with await stream_of(house) as stream:
        await say(stream, action="auth", token=f"{TOKEN}/another")

        assert (await hear(stream))["code"] == "unauthenticated"


async def test_a_client_that_left_is_forgotten(house: OpenHouse):
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", symbols=["AAPL"])
        await eventually(lambda: house.board.topics)
        assert house.counts.connections["websocket"] == 1

    await eventually(lambda: not house.board.topics)
    assert house.counts.connections["websocket"] == 0
    assert house.house.streams == {}


@pytest.mark.parametrize(
    "message",
    [
        '{"action":"auth","token":"wrong"}',
        '{"action":"auth","token":7}',
        '{"action":"subscribe","symbols":["*"]}',
        "{",
        "[" * 9999,
        b"binary",
    ],
)
async def test_who_has_no_valid_token_is_told_so_and_let_go(house: OpenHouse, message: str | bytes):
    async with connect(f"ws://{house.url}/stream") as stream:
        await stream.send(message)

        assert (await hear(stream))["code"] == "unauthenticated"
        assert await closed_with(stream) == 4401


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer no"},
        {"Authorization": "Basic no"},
        {"Sec-WebSocket-Protocol": "hub.v1, hub.bearer.no"},
    ],
)
async def test_a_wrong_header_does_not_open_a_stream(house: OpenHouse, headers: dict[str, str]):
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{house.url}/stream", additional_headers=headers)

    assert refused.value.response.status_code == 401


async def test_a_handshake_that_is_none_is_refused(house: OpenHouse):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: here\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "buy", "symbols": ["AAPL"]}, "invalid_input"),
        ({"action": ["subscribe"], "symbols": ["AAPL"]}, "invalid_input"),
        ({"action": "subscribe"}, "invalid_input"),
        ({"action": "subscribe", "symbols": []}, "invalid_input"),
        ({"action": "subscribe", "symbols": ["aapl"]}, "invalid_input"),
        ({"action": "subscribe", "symbols": [1]}, "invalid_input"),
        ({"action": "subscribe", "symbols": ["AAPL"], "channels": ["news"]}, "invalid_input"),
        ({"action": "subscribe", "symbols": ["AAPL"], "resume": "yesterday"}, "invalid_input"),
        ({"action": "subscribe", "symbols": ["AAPL", "NOPE"]}, "unknown_symbol"),
        ({"action": "unsubscribe", "symbols": ["NOPE"]}, "unknown_symbol"),
        ([], "malformed_json"),
    ],
)
async def test_a_wrong_request_is_answered_and_changes_nothing(
    house: OpenHouse, message: Any, code: str
):
    async with await stream_of(house) as stream:
        await stream.send(json.dumps(message))
        wrong = await hear(stream)
        await say(stream, action="subscribe", symbols=["MSFT"])
        right = await hear(stream)

    assert (wrong["type"], wrong["code"]) == ("error", code)
    assert right == {"type": "subscriptions", "channels": {"quotes": ["MSFT"]}}


async def test_more_symbols_than_allowed_leave_the_subscriptions_as_they_are(
    house: OpenHouse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("stream.requests.MAX_SYMBOLS", 2)
    async with await stream_of(house) as stream:
        await say(stream, action="subscribe", symbols=["AAPL", "MSFT"])
        await hear(stream)
        await say(stream, action="subscribe", symbols=["IBM"])
        wrong = await hear(stream)
        await say(stream, action="subscribe", channels=["trades"], symbols=["AAPL"])
        right = await hear(stream)

    assert wrong["code"] == "too_many_symbols"
    assert right["channels"] == {"quotes": ["AAPL", "MSFT"], "trades": ["AAPL"]}


async def test_who_says_too_much_is_let_go(house: OpenHouse):
    async with await stream_of(house) as stream:
        for _ in range(40):
            await say(stream, action="subscribe", symbols=["AAPL"])
        while (told := await hear(stream))["type"] == "subscriptions":
            pass

        assert told["code"] == "too_many_messages"
        assert await closed_with(stream) == 4429


async def test_a_customer_has_so_many_streams_and_no_more():
    async with opened(most=2) as house:
        first, second = await stream_of(house), await stream_of(house)
        async with connect(f"ws://{house.url}/stream", additional_headers=BEARER) as third:
            told = await hear(third)
            code = await closed_with(third)
        other = {"Authorization": f"Bearer {TOKEN}/another"}
        async with connect(f"ws://{house.url}/stream", additional_headers=other) as stream:
            welcome = await hear(stream)
        await first.close()
        await eventually(lambda: house.counts.connections["websocket"] == 1)
        async with await stream_of(house) as again:
            await say(again, action="subscribe", symbols=["AAPL"])
            assert (await hear(again))["type"] == "subscriptions"
        await second.close()

    assert (told["code"], code) == ("too_many_streams", 4429)
    assert welcome == {"type": "authenticated"}


async def test_a_message_beyond_the_limit_ends_the_stream(house: OpenHouse):
    async with await stream_of(house) as stream:
        await stream.send("x" * 65 * 1024)

        assert await closed_with(stream) == 1009


async def test_a_request_may_come_in_fragments_with_a_ping_between(house: OpenHouse):
    async with await stream_of(house) as stream:
        message = json.dumps({"action": "subscribe", "symbols": ["AAPL"]})
        answered = await stream.ping()
        await stream.send([message[:5], message[5:20], message[20:]])
        await answered

        assert (await hear(stream))["channels"] == {"quotes": ["AAPL"]}


async def test_who_pings_too_much_is_let_go(house: OpenHouse):
    async with await stream_of(house) as stream:
        stream.transport.write(b"\x89\x80\x00\x00\x00\x00" * 100)

        assert (await hear(stream))["code"] == "too_many_messages"
        assert await closed_with(stream) == 4429


async def test_a_message_of_endless_fragments_ends_the_stream(house: OpenHouse):
    async with await stream_of(house) as stream:
        stream.transport.write(b"\x01\x80\x00\x00\x00\x00" + b"\x00\x80\x00\x00\x00\x00" * 1100)

        assert await closed_with(stream) == 1009


async def test_what_is_asked_for_twice_goes_on_as_it_was(house: OpenHouse):
    house.tell(trade(1))
    async with await stream_of(house) as stream:
        for symbols in (["AAPL"], ["AAPL", "MSFT"]):
            await say(stream, action="subscribe", channels=["trades"], symbols=symbols)
        told = [await hear(stream) for _ in range(3)]
        house.tell(trade(2), trade(3, "MSFT"))
        told += [await hear(stream) for _ in range(2)]

    assert [each["type"] for each in told] == ["subscriptions", "trade", "subscriptions"] + [
        "trade"
    ] * 2
    assert [each.get("id") for each in told] == [None, "t-1", None, "t-2", "t-3"]


async def test_who_missed_much_gets_all_of_it_and_who_missed_too_much_begins_anew(
    house: OpenHouse,
):
    house.tell(*[trade(number) for number in range(2_500)])
    async with await stream_of(house) as stream:
        asked = {"action": "subscribe", "channels": ["trades"], "symbols": ["AAPL"]}
        await say(stream, **asked, resume="1-500")
        await hear(stream)
        missed = [(await hear(stream))["sequence"] for _ in range(2_000)]
    async with await stream_of(house) as stream:
        await say(stream, **asked, resume="1-499")
        anew = [await hear(stream) for _ in range(3)]

    assert missed == list(range(501, 2_501))
    assert [each["type"] for each in anew] == ["subscriptions", "trade", "not_resumed"]
    assert anew[1]["snapshot"]


async def test_bytes_may_come_one_by_one(house: OpenHouse):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    head = (
        "GET /stream HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: {BEARER['Authorization']}\r\n\r\n"
    ).encode()
    request = b'{"action":"subscribe","symbols":["AAPL"]}'
    frame = bytes((0x81, 0x80 | len(request), 0, 0, 0, 0)) + request
    for byte in head + frame:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await reader.readuntil(b'"quotes":["AAPL"]}}')
    writer.close()


async def test_an_unmasked_frame_ends_the_stream(house: OpenHouse):
    async with await stream_of(house) as stream:
        stream.transport.write(b"\x81\x02{}")

        assert await closed_with(stream) == 1002


async def test_a_close_is_answered_with_its_code_and_what_follows_is_not_heard(house: OpenHouse):
    async with await stream_of(house) as stream:
        close, text = b"\x88\x82\x00\x00\x00\x00\x0f\xa7", b"\x81\x80\x00\x00\x00\x00"
        stream.transport.write(close + text)
        code = await closed_with(stream)

    assert code == 4007
    await eventually(lambda: not house.house.streams)


async def test_who_is_let_go_hears_nothing_after_the_close(house: OpenHouse):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(handshake(Authorization=BEARER["Authorization"]))
    subscribe = b'{"action":"subscribe","symbols":["AAPL"]}'
    writer.write(bytes((0x81, 0x80 | len(subscribe), 0, 0, 0, 0)) + subscribe)
    async with asyncio.timeout(10):
        await reader.readuntil(b'"quotes":["AAPL"]}}')
    house.front.restart(0)
    house.tell(quote())
    async with asyncio.timeout(10):
        said = await reader.readuntil(b"connect again")
        await asyncio.sleep(0)
        house.tell(quote())
        writer.write(b"\x88\x82\x00\x00\x00\x00\x03\xf4")
        after = await reader.read()
    writer.close()

    assert b"reconnect" in said
    assert after == b""


def handshake(**headers: str) -> bytes:
    """A right one, but for `headers`; one that is empty is left out."""
    fields = {
        "Host": "here",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join(["GET /stream HTTP/1.1", *lines, "\r\n"]).encode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, b"101"),
        ({"Connection": "Keep-Alive,upgrade", "Upgrade": "WebSocket"}, b"101"),
        ({"Connection": "keep-alive"}, b"426"),
        ({"Upgrade": "h2c"}, b"426"),
        ({"Sec_WebSocket_Version": "8"}, b"426"),
        ({"Sec_WebSocket_Version": ""}, b"426"),
        ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZQ=="}, b"426"),
        ({"Sec_WebSocket_Key": "not base64"}, b"426"),
        ({"Sec_WebSocket_Key": ""}, b"426"),
    ],
)
async def test_a_handshake_is_checked(house: OpenHouse, headers: dict[str, str], status: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(handshake(**headers))
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert head.split(b" ")[1] == status
    # The example of RFC 6455, 1.3.
    assert (b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head) == (status == b"101")
    assert b"sec-websocket-extensions" not in head.lower()


async def test_text_that_is_not_utf8_ends_the_stream(house: OpenHouse):
    async with await stream_of(house) as stream:
        stream.transport.write(b"\x81\x82\x00\x00\x00\x00\xc3\x28")

        assert await closed_with(stream) == 1007


async def test_at_the_end_of_the_task_clients_are_told_to_come_back_at_different_times(
    house: OpenHouse,
):
    streams = [await stream_of(house) for _ in range(3)]
    house.front.restart(3_000)
    told = [await hear(stream) for stream in streams]
    codes = [await closed_with(stream) for stream in streams]
    await house.front.drained()

    assert [(each["type"], each["after_ms"]) for each in told] == [
        ("reconnect", 1_000),
        ("reconnect", 2_000),
        ("reconnect", 3_000),
    ]
    assert codes == [1012] * 3


async def test_a_ticket_opens_a_stream_once(valkey: Valkey):
    async with opened(redis_url=valkey.url) as house:
        ticket = await house.house.guests.ticket(TOKEN)
        async with connect(f"ws://{house.url}/stream") as stream:
            await say(stream, action="auth", ticket=ticket)
            first = await hear(stream)
        async with connect(f"ws://{house.url}/stream") as stream:
            await say(stream, action="auth", ticket=ticket)
            second = await hear(stream)
            code = await closed_with(stream)

    assert first == {"type": "authenticated"}
    assert (second["code"], code) == ("unauthenticated", 4401)


def test_a_pace_gives_back_with_time():
    pace = Pace(10.0, 2.0, 0.0)

    assert [pace.takes(at) for at in (0.0, 0.0, 0.0, 0.05, 0.1, 0.1)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
