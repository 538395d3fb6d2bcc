"""Connections have a bound over both ports of the task, in all and from one address."""

import asyncio
from contextlib import AsyncExitStack

import grpc
import grpc.aio
import pytest

from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from stream.seats import Seats
from tests.stream.clients import BEARER
from tests.stream.grpc_house import SERVERS, GrpcHouse, grpc_house
from tests.stream.h2_peer import PREFACE, SETTINGS, frame
from tests.stream.house import quote
from tests.stream.servers import TOKEN, eventually

# Otherwise channels of one process to one address share their connection.
APART = [("grpc.use_local_subchannel_pool", 1)]


async def watching(house: GrpcHouse, stack: AsyncExitStack) -> grpc.aio.Channel:
    """A connection of its own, with a stream on it that has said something."""
    address = f"127.0.0.1:{house.calls.port}"
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(address, options=APART))
    request = messages.StreamMarketDataRequest(topics=messages.Topics(symbols=["AAPL"]))
    metadata = (("authorization", f"Bearer {TOKEN}"),)
    await MarketDataStub(channel).StreamMarketData(request, metadata=metadata).read()
    return channel


async def refusal(house: GrpcHouse, stack: AsyncExitStack) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await watching(house, stack)
    return error.value.code()


@pytest.mark.parametrize(
    ("server", "code"),
    [("own", grpc.StatusCode.UNAVAILABLE), ("grpcio", grpc.StatusCode.RESOURCE_EXHAUSTED)],
)
async def test_an_address_has_so_many_connections_to_the_grpc_port(
    server: str, code: grpc.StatusCode
):
    async with grpc_house(server, seats=Seats(of_one=2)) as house, AsyncExitStack() as stack:
        house.tell(quote())
        first = await watching(house, stack)
        await watching(house, stack)
        assert await refusal(house, stack) is code
        assert house.counts.refused["too_many_of_one_address"] >= 1
        await first.close()
        await eventually(lambda: house.house.seats.take("127.0.0.1") is None)
        house.house.seats.give_back("127.0.0.1")
        await watching(house, stack)


@pytest.mark.parametrize("server", SERVERS)
async def test_there_are_so_many_connections_and_no_more(server: str):
    async with grpc_house(server, seats=Seats(most=2)) as house, AsyncExitStack() as stack:
        house.tell(quote())
        for _ in range(2):
            await watching(house, stack)
        assert await refusal(house, stack) in {
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        }


@pytest.mark.parametrize("server", SERVERS)
async def test_who_only_connects_has_a_seat_too(server: str):
    async with grpc_house(server, seats=Seats(most=2)) as house, AsyncExitStack() as stack:
        for _ in range(2):
            _, writer = await asyncio.open_connection("127.0.0.1", house.calls.port)
            stack.callback(writer.close)
            writer.write(PREFACE + frame(SETTINGS))
        assert await refusal(house, stack) is grpc.StatusCode.UNAVAILABLE


async def test_the_ports_share_their_seats():
    async with grpc_house("own", seats=Seats(most=2)) as house, AsyncExitStack() as stack:
        house.tell(quote())
        await watching(house, stack)
        await watching(house, stack)
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(f"GET /health/live HTTP/1.1\r\nA: {BEARER}\r\n\r\n".encode())
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        assert house.counts.refused == {"too_many_connections": 1}
        writer.close()
