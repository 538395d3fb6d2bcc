"""Streams by gRPC, of either server, by real clients: promises as by WebSocket, health, the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from stream import calls
from stream.calls import SERVICE
from stream.gen import market_data_pb2 as messages
from tests.stream.grpc_house import SERVERS, GrpcHouse, grpc_house
from tests.stream.house import quote, trade
from tests.stream.servers import TOKEN, eventually

QUOTES, TRADES = messages.CHANNEL_QUOTES, messages.CHANNEL_TRADES
BEARER = (("authorization", f"Bearer {TOKEN}"),)


@pytest.fixture(params=SERVERS)
async def house(request: pytest.FixtureRequest) -> AsyncIterator[GrpcHouse]:
    async with grpc_house(request.param) as house:
        yield house


async def events(call: Any, count: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            found += (await call.read()).events
    return found


async def refused(call: Any) -> grpc.aio.AioRpcError:
    """The error that the call ends with."""
    async with asyncio.timeout(5):
        try:
            while await call.read() is not grpc.aio.EOF:
                pass
        except grpc.aio.AioRpcError as error:
            return error
    raise AssertionError("the call ended without an error")


async def test_what_stands_comes_first_and_then_all_that_is_new(house: GrpcHouse):
    house.tell(quote(bid="9.00"), trade(1), quote("MSFT"))
    call = house.stream(symbols=["AAPL"], channels=[QUOTES, TRADES])
    first = await events(call, 2)
    house.tell(quote(bid="11.00"), trade(2))
    news = await events(call, 2)
    call.cancel()

    assert [(each.WhichOneof("content"), each.sequence, each.snapshot) for each in first] == [
        ("quote", 1, True),
        ("trade", 1, True),
    ]
    assert [(each.sequence, each.cursor) for each in news] == [(2, "1-4"), (2, "1-5")]
    assert (news[0].quote.bid, news[1].trade.id) == ("11.00", "t-2")
    await eventually(lambda: not house.house.streams)
    assert house.counts.connections["grpc"] == 0


async def test_a_reader_can_go_on_where_it_was_on_another_protocol_too(house: GrpcHouse):
    house.tell(trade(1), trade(2), trade(3))
    call = house.stream(symbols=["*"], channels=[TRADES], resume="1-1")
    missed = await events(call, 2)
    call.cancel()

    assert [each.trade.id for each in missed] == ["t-2", "t-3"]


async def test_what_is_asked_for_may_change_on_the_way(house: GrpcHouse):
    house.tell(quote(), quote("MSFT"))
    call = house.stub.Subscribe(metadata=BEARER)
    await call.write(asked(subscribe=messages.Topics(symbols=["AAPL"])))
    first = await events(call, 2)
    await call.write(asked(subscribe=messages.Topics(symbols=["MSFT"])))
    second = await events(call, 2)
    await call.write(asked(unsubscribe=messages.Topics(symbols=["AAPL"])))
    third = await events(call, 1)
    await call.write(asked(subscribe=messages.Topics(symbols=["NOPE"])))
    await call.write(messages.SubscribeRequest())
    wrong = await events(call, 2)
    house.tell(quote(), quote("MSFT"))
    (news,) = await events(call, 1)
    call.cancel()

    assert list(first[0].subscriptions.quotes) == ["AAPL"]
    assert [each.subscriptions.quotes for each in (second[0], third[0])] == [
        ["AAPL", "MSFT"],
        ["MSFT"],
    ]
    assert (first[1].quote.symbol, second[1].quote.symbol) == ("AAPL", "MSFT")
    assert [each.refusal.code for each in wrong] == ["unknown_symbol", "invalid_input"]
    assert (news.quote.symbol, news.sequence) == ("MSFT", 2)


def asked(**action: Any) -> messages.SubscribeRequest:
    return messages.SubscribeRequest(**action)


async def test_a_client_that_reads_slowly_misses_quotes_and_ends_with_the_latest(
    house: GrpcHouse,
):
    call = house.stream(symbols=["AAPL"])
    await eventually(lambda: house.board.topics)
    count = 100_000
    for number in range(count):
        house.tell(quote(bid=f"{number}.00"))
        if number % 100 == 0:
            await asyncio.sleep(0)
    found: list[Any] = []
    while not found or found[-1].sequence < count:
        found += await events(call, 1)
    call.cancel()

    assert house.counts.conflated > 0
    steps = zip([messages.Event(), *found], found, strict=False)
    assert all(later.sequence == earlier.sequence + 1 + later.skipped for earlier, later in steps)


async def test_when_the_token_expires_the_call_ends(house: GrpcHouse):
    error = await refused(house.stream(f"{TOKEN}/one/1", symbols=["AAPL"]))

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert dict(error.trailing_metadata() or ())["hub-code"] == "token_expired"


async def test_a_quiet_stream_has_a_heartbeat(house: GrpcHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls, "HEARTBEAT_SECONDS", 0.5)
    house.skip(quote())
    call = house.stream(symbols=["AAPL"])
    (beat,) = await events(call, 1)
    call.cancel()

    assert (beat.WhichOneof("content"), beat.cursor) == ("heartbeat", "0-0")


@pytest.mark.parametrize(
    ("token", "topics", "code"),
    [
        ("wrong", {"symbols": ["AAPL"]}, "UNAUTHENTICATED"),
        (TOKEN, {}, "INVALID_ARGUMENT"),
        (TOKEN, {"symbols": ["aapl"]}, "INVALID_ARGUMENT"),
        (TOKEN, {"symbols": ["NOPE"]}, "INVALID_ARGUMENT"),
        (TOKEN, {"symbols": ["AAPL"], "channels": [0]}, "INVALID_ARGUMENT"),
        (TOKEN, {"symbols": ["AAPL"], "resume": "x"}, "INVALID_ARGUMENT"),
    ],
)
async def test_a_refusal_says_why(house: GrpcHouse, token: str, topics: dict[str, Any], code: str):
    error = await refused(house.stream(token, **topics))

    assert error.code() is grpc.StatusCode[code]
    assert house.house.streams == {}


@pytest.mark.parametrize("server", SERVERS)
async def test_a_customer_has_so_many_streams_and_no_more(server: str):
    async with grpc_house(server, most=1) as house:
        first = house.stream(symbols=["AAPL"])
        await eventually(lambda: house.board.topics)
        error = await refused(house.stream(symbols=["AAPL"]))
        first.cancel()

    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert dict(error.trailing_metadata() or ())["hub-code"] == "too_many_streams"


@pytest.mark.parametrize("server", SERVERS)
async def test_a_storm_of_streams_is_served(server: str):
    async with grpc_house(server, most=2_000) as house:
        house.tell(quote())
        storm = [house.stream(symbols=["AAPL"]) for _ in range(900)]
        found = [(await events(call, 1))[0].quote.symbol for call in storm]
        for call in storm:
            call.cancel()
        await eventually(lambda: not house.house.streams)

    assert found == ["AAPL"] * 900


async def test_an_instrument_is_told(house: GrpcHouse):
    ask = house.stub.GetInstrument
    answer = await ask(messages.GetInstrumentRequest(symbol="AAPL"), metadata=BEARER, timeout=5)
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await ask(messages.GetInstrumentRequest(symbol="NOPE"), metadata=BEARER, timeout=5)
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await ask(messages.GetInstrumentRequest(symbol="AAPL"), timeout=5)

    assert (answer.instrument.name, answer.instrument.exchange) == ("Apple", "XNYS")
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND
    assert unknown.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_health_is_told_to_anybody_and_ends_before_the_server_does(house: GrpcHouse):
    stub: Any = health_pb2_grpc.HealthStub(house.channel)
    ask = health_pb2.HealthCheckRequest(service=SERVICE)
    before = await stub.Check(ask, timeout=5)
    call = house.stream(symbols=["AAPL"])
    await eventually(lambda: house.board.topics)
    await house.calls.drain()
    after = await stub.Check(ask, timeout=5)
    house.front.restart(5_000)
    error = await refused(call)

    assert before.status == health_pb2.HealthCheckResponse.SERVING
    assert after.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "5000 ms" in str(error.details())


async def test_reflection_shows_what_is_offered(house: GrpcHouse):
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(house.channel)

    async def questions() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        yield reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE)

    services, file = [each async for each in stub.ServerReflectionInfo(questions())]
    described = FileDescriptorProto.FromString(
        file.file_descriptor_response.file_descriptor_proto[0]
    )

    names = {each.name for each in services.list_services_response.service}
    assert {SERVICE, "grpc.health.v1.Health"} <= names
    assert [each.name for each in described.service[0].method] == [
        "GetMarketData",
        "GetInstrument",
        "StreamMarketData",
        "Subscribe",
    ]


async def test_a_deadline_ends_a_stream(house: GrpcHouse):
    request = messages.StreamMarketDataRequest(topics=messages.Topics(symbols=["AAPL"]))
    call = house.stub.StreamMarketData(request, metadata=BEARER, timeout=0.5)
    error = await refused(call)

    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await eventually(lambda: not house.house.streams)
