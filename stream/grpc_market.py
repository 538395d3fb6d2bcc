"""The service of protos/hub/market/v1, with health and reflection beside it."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hub.domain.kernel import HubError
from stream import calls
from stream.calls import SERVICE, CallStream, FindInstrument, wish_of
from stream.gen import market_data_pb2 as messages
from stream.grpc_guard import Guard, caller
from stream.grpc_stream import Ready, entered
from stream.requests import MAX_MESSAGE_BYTES
from stream.session import House

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_concurrent_streams", 1_000),
    # The library's own limits cancel calls of a storm that it has no time to look at: so many of
    # them, or after half a minute.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 100_000),
    ("grpc.server_max_unrequested_time_in_server", 300),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


class MarketData:
    """The calls. Streams answer in bytes: what they tell is encoded once for all readers."""

    def __init__(self, house: House, find_instrument: FindInstrument) -> None:
        self._house = house
        self._find_instrument = find_instrument

    async def quotes(
        self, request: messages.GetMarketDataRequest, _context: object
    ) -> messages.GetMarketDataResponse:
        self._house.guests.called(caller())
        return calls.quotes(self._house, request)

    async def instrument(
        self, request: messages.GetInstrumentRequest, _context: object
    ) -> messages.GetInstrumentResponse:
        self._house.guests.called(caller())
        return await calls.instrument(self._find_instrument, request)

    async def stream(
        self, request: messages.StreamMarketDataRequest, _context: object
    ) -> AsyncIterator[bytes]:
        wish = wish_of(self._house, request.topics)
        with entered(self._house, caller()) as (stream, ready):
            stream.subscribe(wish)
            async for response in ready.responses(stream):
                yield response

    async def subscribe(
        self, requests: AsyncIterator[messages.SubscribeRequest], _context: object
    ) -> AsyncIterator[bytes]:
        with entered(self._house, caller()) as (stream, ready):
            listening = asyncio.ensure_future(_listen(requests, stream, ready))
            try:
                async for response in ready.responses(stream):
                    yield response
            finally:
                listening.cancel()


class LibraryCalls:
    """The server of the gRPC library."""

    def __init__(self, house: House, find_instrument: FindInstrument, address: str) -> None:
        # The library counts them by itself, those of its port alone.
        bound = ("grpc.max_allowed_incoming_connections", house.seats.most)
        self._server = grpc.aio.server(options=[*_OPTIONS, bound], interceptors=[Guard(house)])
        self._health = health.aio.HealthServicer()
        self._server.add_generic_rpc_handlers([_handlers(MarketData(house, find_instrument))])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self.port = self._server.add_insecure_port(address)

    async def start(self) -> None:
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()

    async def drain(self) -> None:
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        await self._server.stop(grace)


async def _listen(
    requests: AsyncIterator[messages.SubscribeRequest], stream: CallStream, ready: Ready
) -> None:
    try:
        async for request in requests:
            stream.asked(request)
    except HubError as error:
        ready.end(error)


def _handlers(market: MarketData) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "GetMarketData": grpc.unary_unary_rpc_method_handler(
                market.quotes,
                messages.GetMarketDataRequest.FromString,
                messages.GetMarketDataResponse.SerializeToString,
            ),
            "GetInstrument": grpc.unary_unary_rpc_method_handler(
                market.instrument,
                messages.GetInstrumentRequest.FromString,
                messages.GetInstrumentResponse.SerializeToString,
            ),
            "StreamMarketData": grpc.unary_stream_rpc_method_handler(
                market.stream, messages.StreamMarketDataRequest.FromString, bytes
            ),
            "Subscribe": grpc.stream_stream_rpc_method_handler(
                market.subscribe, messages.SubscribeRequest.FromString, bytes
            ),
        },
    )
