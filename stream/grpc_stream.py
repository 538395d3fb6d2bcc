"""One stream of gRPC: the reader of the web's protocols, on a line that a call takes from."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Self

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError, UnauthenticatedError, UnavailableError
from stream.messages import encoded
from stream.reader import Subscriber
from stream.requests import Wish, check_count
from stream.session import HEARTBEAT_SECONDS, House, has_expired

# More than this is not made ready ahead of what the call has taken: quotes give way instead.
_AHEAD_BYTES = 16 * 1024


class TooSlowError(HubError):
    code = "slow_consumer"


class CallStream:
    """`responses` ends with the error that ends the call. To be used as a context manager."""

    def __init__(self, house: House, identity: Identity) -> None:
        self._house = house
        self._identity = identity
        self._reader = Subscriber(self, house.board, encoded, house.counts)
        self._ready: list[bytes] = []
        self._size = 0
        self._more = asyncio.Event()
        self._end: HubError | None = None
        self._beat = monotonic()

    def __enter__(self) -> Self:
        """Raises ForbiddenError: too many streams."""
        self._house.enter(self._identity)
        self._house.streams[self] = None
        self._house.counts.connections["grpc"] += 1
        self._house.counts.opened["grpc"] += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.leave()
        self._house.streams.pop(self, None)
        self._house.guests.leave(self._identity)
        self._house.counts.connections["grpc"] -= 1

    @property
    def blocked(self) -> bool:
        return self._size > _AHEAD_BYTES

    @property
    def waiting(self) -> int:
        return self._size

    def write(self, data: bytes) -> None:
        self._ready.append(data)
        self._size += len(data)
        self._more.set()

    def too_slow(self) -> None:
        self._house.counts.refused["too_slow"] += 1
        self._ended(TooSlowError("read faster, or ask for less"))

    def tick(self, now: float, wall: datetime) -> None:
        if has_expired(self._identity, wall):
            self._ended(UnauthenticatedError("the token has expired", code="token_expired"))
        elif now - self._beat >= HEARTBEAT_SECONDS and not self._ready:
            self._beat = now
            self.say(type="heartbeat", cursor=str(self._house.board.latest))

    def restart(self, after_ms: int) -> None:
        self._ended(UnavailableError(f"the stream restarts: come back after {after_ms} ms"))

    def say(self, **message: Any) -> None:
        self.write(encoded(message))

    def subscribe(self, wish: Wish) -> None:
        """Raises HubError."""
        check_count(self._reader.topics | wish.topics)
        if not self._reader.subscribe(wish.topics, wish.after) and wish.after is not None:
            self.say(type="not_resumed", cursor=str(self._house.board.latest))

    def change(self, action: str, request: Mapping[str, Any]) -> None:
        """Carry out a request on the way, and answer it."""
        try:
            wish = self._house.terms.wish(request)
            if action == "unsubscribe":
                self._reader.unsubscribe(wish.topics)
                self._tell_subscriptions(frozenset())
            else:
                check_count(self._reader.topics | wish.topics)
                self._tell_subscriptions(wish.topics)
                self.subscribe(wish)
        except HubError as error:
            self.say(type="refusal", code=error.code, message=error.detail)

    async def responses(self) -> AsyncIterator[bytes]:
        """All that is ready, each time that the call takes more. Raises HubError."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._ready:
                ready, self._ready, self._size = self._ready, [], 0
                yield b"".join(ready)
                self._reader.writable()
            if self._end is not None:
                raise self._end

    def _ended(self, error: HubError) -> None:
        self._end = self._end or error
        self._more.set()

    def _tell_subscriptions(self, more: frozenset[tuple[str, str]]) -> None:
        channels: dict[str, list[str]] = {}
        for channel, symbol in sorted(self._reader.topics | more):
            channels.setdefault(channel, []).append(symbol)
        self.say(type="subscriptions", channels=channels)
