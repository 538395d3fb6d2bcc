"""The service of protos/hub/market/v1, with health and reflection beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hub.domain.kernel import InvalidInputError, NotFoundError
from hub.domain.market.instrument import Instrument
from stream.gen import market_data_pb2 as messages
from stream.grpc_guard import Guard, caller
from stream.grpc_stream import CallStream
from stream.messages import CHANNEL_NAMES, instrument_message, quote_message
from stream.requests import MAX_MESSAGE_BYTES, MAX_SYMBOLS
from stream.session import House
from stream.updates import QUOTES

SERVICE = "hub.market.v1.MarketData"
_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_concurrent_streams", 1_000),
    # The library's own limit cancels calls of a storm that it has no time to look at.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)

# What is traded under a symbol.
FindInstrument = Callable[[str], Awaitable[Instrument | None]]


class MarketData:
    """The calls. Streams answer in bytes: what they tell is encoded once for all readers."""

    def __init__(self, house: House, find_instrument: FindInstrument) -> None:
        self._house = house
        self._find_instrument = find_instrument

    async def quotes(
        self, request: messages.GetMarketDataRequest, _context: object
    ) -> messages.GetMarketDataResponse:
        if not 1 <= len(request.symbols) <= MAX_SYMBOLS:
            raise InvalidInputError(f"1 to {MAX_SYMBOLS} symbols")
        response = messages.GetMarketDataResponse()
        for symbol in request.symbols:
            quote = self._house.board.quote(symbol)
            if quote is None:
                raise NotFoundError(f"no quote of {symbol[:16]!r}")
            response.quotes.append(quote_message(quote))
        return response

    async def instrument(
        self, request: messages.GetInstrumentRequest, _context: object
    ) -> messages.GetInstrumentResponse:
        instrument = await self._find_instrument(request.symbol)
        if instrument is None:
            raise NotFoundError(f"{request.symbol[:16]!r} is not traded here")
        return messages.GetInstrumentResponse(instrument=instrument_message(instrument))

    async def stream(
        self, request: messages.StreamMarketDataRequest, _context: object
    ) -> AsyncIterator[bytes]:
        wish = self._house.terms.wish(_asked(request.topics))
        with CallStream(self._house, caller()) as stream:
            stream.subscribe(wish)
            async for response in stream.responses():
                yield response

    async def subscribe(
        self, requests: AsyncIterator[messages.SubscribeRequest], _context: object
    ) -> AsyncIterator[bytes]:
        with CallStream(self._house, caller()) as stream:
            listening = asyncio.ensure_future(_listen(requests, stream))
            try:
                async for response in stream.responses():
                    yield response
            finally:
                listening.cancel()


class Calls:
    """The server: started, told to drain, stopped."""

    def __init__(self, house: House, find_instrument: FindInstrument, address: str) -> None:
        self._server = grpc.aio.server(options=_OPTIONS, interceptors=[Guard(house.guests.verify)])
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
        """From now on it says that it does not serve, and answers what it was asked."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        await self._server.stop(grace)


async def _listen(requests: AsyncIterator[messages.SubscribeRequest], stream: CallStream) -> None:
    async for request in requests:
        action = request.WhichOneof("action")
        if action is None:
            stream.say(type="refusal", code="invalid_input", message="subscribe or unsubscribe")
        else:
            stream.change(action, _asked(getattr(request, action)))


def _asked(topics: messages.Topics) -> dict[str, Any]:
    """As a request is on the web's protocols."""
    channels = [CHANNEL_NAMES.get(each, "unspecified") for each in topics.channels] or [QUOTES]
    return {
        "symbols": list(topics.symbols),
        "channels": channels,
        "resume": topics.resume or None,
    }


def _handlers(calls: MarketData) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "GetMarketData": grpc.unary_unary_rpc_method_handler(
                calls.quotes,
                messages.GetMarketDataRequest.FromString,
                messages.GetMarketDataResponse.SerializeToString,
            ),
            "GetInstrument": grpc.unary_unary_rpc_method_handler(
                calls.instrument,
                messages.GetInstrumentRequest.FromString,
                messages.GetInstrumentResponse.SerializeToString,
            ),
            "StreamMarketData": grpc.unary_stream_rpc_method_handler(
                calls.stream, messages.StreamMarketDataRequest.FromString, bytes
            ),
            "Subscribe": grpc.stream_stream_rpc_method_handler(
                calls.subscribe, messages.SubscribeRequest.FromString, bytes
            ),
        },
    )
