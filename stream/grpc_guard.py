"""Before and after every call of gRPC: who calls, and what an error of Hub becomes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import grpc.aio

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError
from hub.entrypoints.errors import outcome_of
from stream.calls import TooSlowError
from stream.guests import Guests, bearer

# Anybody may ask how it is and what is offered: balancers and explorers have no token.
_OPEN = ("/grpc.health.", "/grpc.reflection.")
_CALLER: ContextVar[Identity] = ContextVar("caller")

Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]


def caller() -> Identity:
    """Who calls, within a call."""
    return _CALLER.get()


class Guard(grpc.aio.ServerInterceptor):
    """Refuses who has no valid credential; answers errors by the one table of them."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

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
                await self._let_in(context)
                return await behaviour(request, context)
            except HubError as error:
                await _refuse(context, error)

        return call

    def _many(self, behaviour: Any) -> Any:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
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


async def _refuse(context: Context, error: HubError) -> NoReturn:
    name = "RESOURCE_EXHAUSTED" if isinstance(error, TooSlowError) else outcome_of(error).grpc
    metadata = (("hub-code", error.code),)
    await context.abort(grpc.StatusCode[name], error.detail, metadata)
    raise AssertionError("abort does not return")
