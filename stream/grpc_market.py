"""Quotes by gRPC: the latest of each symbol asked for."""

from typing import NoReturn

import grpc
import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from hub.domain.kernel import UnauthenticatedError
from hub.domain.market.quote import Quote
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataServicer, add_MarketDataServicer_to_server
from stream.guests import bearer
from stream.requests import MAX_MESSAGE_BYTES, MAX_SYMBOLS
from stream.session import House

Context = grpc.aio.ServicerContext[messages.GetMarketDataRequest, messages.GetMarketDataResponse]


class MarketData(MarketDataServicer):
    """The service of protos/hub/market/v1."""

    def __init__(self, house: House) -> None:
        self._board = house.board
        self._verify = house.guests.verify

    async def GetMarketData(  # noqa: N802  the name is the proto's
        self, request: messages.GetMarketDataRequest, context: Context
    ) -> messages.GetMarketDataResponse:
        await self._authenticate(context)
        if not 1 <= len(request.symbols) <= MAX_SYMBOLS:
            await _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, f"1 to {MAX_SYMBOLS} symbols")
        response = messages.GetMarketDataResponse()
        for symbol in request.symbols:
            quote = self._board.quote(symbol)
            if quote is None:
                await _refuse(context, grpc.StatusCode.NOT_FOUND, f"no quote of {symbol[:16]!r}")
            response.quotes.append(_message(quote))
        return response

    async def _authenticate(self, context: Context) -> None:
        metadata = dict(context.invocation_metadata() or ())
        try:
            self._verify(bearer(str(metadata.get("authorization", ""))))
        except UnauthenticatedError as error:
            await _refuse(context, grpc.StatusCode.UNAUTHENTICATED, error.detail)


def grpc_server(house: House, address: str) -> tuple[grpc.aio.Server, int]:
    """A server that is not started yet, and its port."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)])
    add_MarketDataServicer_to_server(MarketData(house), server)  # type: ignore[no-untyped-call]  # generated
    return server, server.add_insecure_port(address)


async def _refuse(context: Context, code: grpc.StatusCode, detail: str) -> NoReturn:
    await context.abort(code, detail)
    raise AssertionError("abort does not return")


def _message(quote: Quote) -> messages.Quote:
    time = Timestamp()
    time.FromDatetime(quote.time)
    return messages.Quote(
        id=quote.quote_id,
        symbol=quote.symbol,
        bid=str(quote.bid),
        ask=str(quote.ask),
        last=str(quote.last),
        bid_size=str(quote.bid_size),
        ask_size=str(quote.ask_size),
        time=time,
        synthetic=quote.synthetic,
        last_close=quote.last_close,
    )
