"""The calls of protos/hub/market/v1."""

from collections.abc import Mapping
from functools import partial

from hub.application.ports.identity import Identity
from stream import calls
from stream.calls import SERVICE, CallStream, FindInstrument, wish_of
from stream.gen import market_data_pb2 as messages
from stream.h2.behaviours import Later, Once, Streaming, parsed
from stream.h2.call import Behaviour, Call
from stream.h2.connection import Method
from stream.session import House


def methods(house: House, find_instrument: FindInstrument) -> Mapping[str, Method]:
    """By path."""

    def quotes(caller: Identity | None, message: bytes) -> bytes:
        _count(house, caller)
        request = parsed(messages.GetMarketDataRequest, message)
        return calls.quotes(house, request).SerializeToString()

    async def instrument(caller: Identity | None, message: bytes) -> bytes:
        _count(house, caller)
        request = parsed(messages.GetInstrumentRequest, message)
        return (await calls.instrument(find_instrument, request)).SerializeToString()

    return {
        f"/{SERVICE}/GetMarketData": Method(
            lambda call, caller: Once(call, partial(quotes, caller))
        ),
        f"/{SERVICE}/GetInstrument": Method(
            lambda call, caller: Later(call, partial(instrument, caller))
        ),
        f"/{SERVICE}/StreamMarketData": Method(partial(_watch, house)),
        f"/{SERVICE}/Subscribe": Method(partial(_subscribe, house)),
    }


def _count(house: House, caller: Identity | None) -> None:
    """Raises ThrottledError."""
    assert caller is not None
    house.guests.called(caller)


class _Watching:
    """A stream that begins with what the only request asks for."""

    def __init__(self, house: House, call: Call, identity: Identity) -> None:
        self._house = house
        self._call = call
        self._stream = CallStream(house, identity, call)
        self._entered = False

    def asked(self, request: messages.StreamMarketDataRequest) -> None:
        """Raises HubError."""
        wish = wish_of(self._house, request.topics)
        self._stream.enter()
        self._entered = True
        self._call.answer()
        self._stream.subscribe(wish)

    def writable(self) -> None:
        self._stream.writable()

    def leave(self) -> None:
        if self._entered:
            self._stream.leave()


def _watch(house: House, call: Call, caller: Identity | None) -> Behaviour:
    assert caller is not None
    watching = _Watching(house, call, caller)
    return Streaming(watching, messages.StreamMarketDataRequest, once=True)


def _subscribe(house: House, call: Call, caller: Identity | None) -> Behaviour:
    """Raises ForbiddenError: too many streams."""
    assert caller is not None
    stream = CallStream(house, caller, call)
    stream.enter()
    call.answer()
    return Streaming(stream, messages.SubscribeRequest, once=False)
