"""A house whose calls of gRPC are open, by either server, and a real client's channel to it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from stream.calls import Calls
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from stream.grpc_market import LibraryCalls
from stream.h2.server import OwnCalls
from tests.stream.house import OpenHouse
from tests.stream.program import find_instrument
from tests.stream.servers import TOKEN

SERVERS: Mapping[str, Callable[..., Calls]] = {"own": OwnCalls, "grpcio": LibraryCalls}


class GrpcHouse(OpenHouse):
    """A house whose calls are open, too, and a channel to it."""

    calls: Calls
    channel: grpc.aio.Channel

    @property
    def stub(self) -> Any:
        return MarketDataStub(self.channel)

    def stream(self, token: str = TOKEN, **topics: Any) -> Any:
        request = messages.StreamMarketDataRequest(topics=messages.Topics(**topics))
        metadata = (("authorization", f"Bearer {token}"),)
        return self.stub.StreamMarketData(request, metadata=metadata)


@asynccontextmanager
async def grpc_house(server: str = "own", **settings: Any) -> AsyncIterator[GrpcHouse]:
    house = GrpcHouse(**settings)
    house.port = await house.front.start("127.0.0.1", 0)
    house.calls = SERVERS[server](house.house, find_instrument, "127.0.0.1:0")
    await house.calls.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{house.calls.port}") as house.channel:
        yield house
    await house.calls.stop(grace=0)
    house.front.stop_accepting()
    await house.front.close()
    await house.market.close()
