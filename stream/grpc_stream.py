"""The outlet of a stream of the gRPC library: what is ready until the call takes it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from hub.application.ports.identity import Identity
from hub.domain.kernel import HubError
from stream.calls import CallStream
from stream.session import House

# More than this is not made ready ahead of what the call has taken: quotes give way instead.
_AHEAD_BYTES = 16 * 1024


class Ready:
    """`responses` ends with the error that ends the call."""

    def __init__(self) -> None:
        self.waiting = 0
        self._ready: list[bytes] = []
        self._more = asyncio.Event()
        self._end: HubError | None = None

    @property
    def blocked(self) -> bool:
        return self.waiting > _AHEAD_BYTES

    def write(self, message: bytes) -> None:
        self._ready.append(message)
        self.waiting += len(message)
        self._more.set()

    def end(self, error: HubError) -> None:
        self._end = self._end or error
        self._more.set()

    async def responses(self, stream: CallStream) -> AsyncIterator[bytes]:
        """All that is ready, each time that the call takes more. Raises HubError."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._ready:
                ready, self._ready, self.waiting = self._ready, [], 0
                yield b"".join(ready)
                stream.writable()
            if self._end is not None:
                raise self._end


@contextmanager
def entered(house: House, identity: Identity) -> Iterator[tuple[CallStream, Ready]]:
    """Raises ForbiddenError: too many streams."""
    ready = Ready()
    stream = CallStream(house, identity, ready)
    stream.enter()
    try:
        yield stream, ready
    finally:
        stream.leave()
