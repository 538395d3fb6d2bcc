"""Before and after every call of gRPC: who calls, and what an error of Hub becomes."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

import grpc
import grpc.aio

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError, ThrottledError
from hub.entrypoints.errors import outcome_of
from stream.calls import TooSlowError
from stream.guests import bearer
from stream.session import House

# Anybody may ask how it is and what is offered: balancers and explorers have no token.
_OPEN = ("/grpc.health.", "/grpc.reflection.")
_TRY_AGAIN_SECONDS = 60
_CALLER: ContextVar[Identity] = ContextVar("caller")

Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]


def caller() -> Identity:
    """Who calls, within a call."""
    return _CALLER.get()


class TooManyConnectionsError(ThrottledError):
    code = "too_many_connections"


class Peers:
    """The library shows no connections, but from where each call comes: a connection has a seat
    while a call is open on it."""

    def __init__(self, house: House) -> None:
        self._seats = house.seats
        self._counts = house.counts
        self._calls: Counter[str] = Counter()

    @contextmanager
    def calling(self, peer: str) -> Iterator[None]:
        """Raises ThrottledError."""
        address = _address(peer)
        if not self._calls[peer] and (refusal := self._seats.take(address)):
            del self._calls[peer]
            self._counts.refused[refusal] += 1
            raise TooManyConnectionsError("close some first", seconds=_TRY_AGAIN_SECONDS)
        self._calls[peer] += 1
        try:
            yield
        finally:
            self._calls[peer] -= 1
            if not self._calls[peer]:
                del self._calls[peer]
                self._seats.give_back(address)


class Guard(grpc.aio.ServerInterceptor):
    """Refuses who has no valid credential; answers errors by the one table of them."""

    def __init__(self, house: House) -> None:
        self._guests = house.guests
        self._peers = Peers(house)

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        handler = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or method.startswith(_OPEN):
            return handler
        coders = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._once(handler.unary_unary), *coders)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._many(handler.unary_stream), *coders)
        return grpc.stream_stream_rpc_method_handler(self._many(handler.stream_stream), *coders)

    def _once(self, behaviour: Any) -> Any:
        async def call(request: Any, context: Context) -> Any:
            try:
                with self._peers.calling(context.peer()):
                    await self._let_in(context)
                    return await behaviour(request, context)
            except HubError as error:
                await _refuse(context, error)

        return call

    def _many(self, behaviour: Any) -> Any:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
                with self._peers.calling(context.peer()):
                    await self._let_in(context)
                    async for response in behaviour(request, context):
                        yield response
            except HubError as error:
                await _refuse(context, error)

        return call

    async def _let_in(self, context: Context) -> None:
        metadata = dict(context.invocation_metadata() or ())
        credential = bearer(str(metadata.get("authorization", "")))
        _CALLER.set(await self._guests.found(credential))


def _address(peer: str) -> str:
    """Of `ipv4:127.0.0.1:5000` or `ipv6:%5B::1%5D:5000`."""
    return unquote(peer.partition(":")[2].rpartition(":")[0]).strip("[]")


async def _refuse(context: Context, error: HubError) -> NoReturn:
    name = "RESOURCE_EXHAUSTED" if isinstance(error, TooSlowError) else outcome_of(error).grpc
    metadata = (("hub-code", error.code),)
    await context.abort(grpc.StatusCode[name], error.detail, metadata)
    raise AssertionError("abort does not return")
