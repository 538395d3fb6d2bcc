"""What calls of gRPC ask for and are answered, whichever server carries them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

from hub.application.ports.identity import Identity
from hub.domain.kernel import (
    HubError,
    InvalidInputError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)
from hub.domain.market.instrument import Instrument
from stream.gen import market_data_pb2 as messages
from stream.messages import CHANNEL_NAMES, encoded, instrument_message, quote_message
from stream.rates import Pace
from stream.reader import Subscriber
from stream.requests import MAX_SYMBOLS, Wish, check_count
from stream.session import HEARTBEAT_SECONDS, House
from stream.updates import QUOTES

MESSAGES_PER_SECOND = 10.0
MESSAGES_AT_ONCE = 30.0
SERVICE = "hub.market.v1.MarketData"

# What is traded under a symbol.
FindInstrument = Callable[[str], Awaitable[Instrument | None]]


class TooSlowError(HubError):
    code = "slow_consumer"


class TooManyMessagesError(ThrottledError):
    code = "too_many_messages"


class Calls(Protocol):
    """A server of the calls: started, told to drain, stopped."""

    @property
    def port(self) -> int: ...

    async def start(self) -> None: ...

    async def drain(self) -> None:
        """From now on it says that it does not serve, and answers what it was asked."""
        ...

    async def stop(self, grace: float) -> None: ...


class Outlet(Protocol):
    """Where the messages of one stream go."""

    @property
    def blocked(self) -> bool:
        """Whether earlier bytes wait. Who asked is told when they do not any more."""
        ...

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        ...

    def write(self, message: bytes) -> None: ...

    def end(self, error: HubError) -> None: ...


def quotes(house: House, request: messages.GetMarketDataRequest) -> messages.GetMarketDataResponse:
    """Raises HubError."""
    if not 1 <= len(request.symbols) <= MAX_SYMBOLS:
        raise InvalidInputError(f"1 to {MAX_SYMBOLS} symbols")
    response = messages.GetMarketDataResponse()
    for symbol in request.symbols:
        quote = house.board.quote(symbol)
        if quote is None:
            raise NotFoundError(f"no quote of {symbol[:16]!r}")
        response.quotes.append(quote_message(quote))
    return response


async def instrument(
    find: FindInstrument, request: messages.GetInstrumentRequest
) -> messages.GetInstrumentResponse:
    """Raises HubError."""
    found = await find(request.symbol)
    if found is None:
        raise NotFoundError(f"{request.symbol[:16]!r} is not traded here")
    return messages.GetInstrumentResponse(instrument=instrument_message(found))


class CallStream:
    """One stream of gRPC: the web's protocols' reader, before an outlet. Who enters leaves."""

    __slots__ = ("_beat", "_house", "_identity", "_outlet", "_pace", "_reader", "write")

    def __init__(self, house: House, identity: Identity, outlet: Outlet) -> None:
        self.write = outlet.write
        self._house = house
        self._identity = identity
        self._outlet = outlet
        self._reader = Subscriber(self, house.board, encoded, house.counts)
        now = monotonic()
        self._beat = house.last_beat(now)
        self._pace = Pace(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, now)

    def enter(self) -> None:
        """Raises ForbiddenError: too many streams."""
        self._house.enter(self._identity)
        self._house.streams[self] = None
        self._house.counts.connections["grpc"] += 1
        self._house.counts.opened["grpc"] += 1

    def leave(self) -> None:
        self._reader.leave()
        self._house.streams.pop(self, None)
        self._house.guests.leave(self._identity)
        self._house.counts.connections["grpc"] -= 1

    @property
    def blocked(self) -> bool:
        return self._outlet.blocked

    @property
    def waiting(self) -> int:
        return self._outlet.waiting

    def writable(self) -> None:
        self._reader.writable()

    def too_slow(self) -> None:
        self._house.counts.refused["too_slow"] += 1
        self._outlet.end(TooSlowError("read faster, or ask for less"))

    def tick(self, now: float, wall: datetime) -> None:
        if ending := self._house.guests.ending(self._identity, wall):
            self._outlet.end(ending)
        elif now - self._beat >= HEARTBEAT_SECONDS and not self.waiting:
            self._beat = now
            self.say(type="heartbeat", cursor=str(self._house.board.latest))

    def restart(self, after_ms: int) -> None:
        self._outlet.end(UnavailableError(f"the stream restarts: come back after {after_ms} ms"))

    def say(self, **message: Any) -> None:
        self.write(encoded(message))

    def subscribe(self, wish: Wish) -> None:
        """Raises HubError."""
        check_count(self._reader.topics | wish.topics)
        if not self._reader.subscribe(wish.topics, wish.after) and wish.after is not None:
            self.say(type="not_resumed", cursor=str(self._house.board.latest))

    def asked(self, request: messages.SubscribeRequest) -> None:
        """Carry out a request on the way, and answer it. Raises ThrottledError."""
        if not self._pace.takes(monotonic()):
            reason = f"at most {MESSAGES_PER_SECOND:g} messages a second"
            raise TooManyMessagesError(reason, seconds=1)
        try:
            action = request.WhichOneof("action")
            if action is None:
                raise InvalidInputError("subscribe or unsubscribe")
            wish = wish_of(self._house, getattr(request, action))
            if action == "unsubscribe":
                self._reader.unsubscribe(wish.topics)
                self._tell_subscriptions(frozenset())
            else:
                check_count(self._reader.topics | wish.topics)
                self._tell_subscriptions(wish.topics)
                self.subscribe(wish)
        except HubError as error:
            self.say(type="refusal", code=error.code, message=error.detail)

    def _tell_subscriptions(self, more: frozenset[tuple[str, str]]) -> None:
        channels: dict[str, list[str]] = {}
        for channel, symbol in sorted(self._reader.topics | more):
            channels.setdefault(channel, []).append(symbol)
        self.say(type="subscriptions", channels=channels)


def wish_of(house: House, topics: messages.Topics) -> Wish:
    """Raises HubError."""
    channels = [CHANNEL_NAMES.get(each, "unspecified") for each in topics.channels] or [QUOTES]
    asked: Mapping[str, Any] = {
        "symbols": list(topics.symbols),
        "channels": channels,
        "resume": topics.resume or None,
    }
    return house.terms.wish(asked)
