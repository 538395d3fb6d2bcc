"""One task leads: it runs the feed and the clock. The lease on that lies in Redis."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

from hub.domain.kernel import UnavailableError
from stream.redis_market import RedisMarket

log = logging.getLogger(__name__)

# The next leads within two seconds of a crash: the lease runs out, and is asked for three times a
# second. A leader that is only held up for so long finds the lease gone, and steps down.
LEASE_MS = 1_500
_RENEW_EVERY = 0.3
_CANCEL_AGAIN = 0.05


class Lease:
    """Starts `lead` when the lease is won, cancels it when the lease is lost; `halt` ends it well.

    While Redis is away, the leader goes on, so that its readers are served. If only this task was
    cut off, another leads meanwhile; this one steps down when it hears of it, and until then the
    saved clock refuses to go back.
    """

    def __init__(
        self,
        market: RedisMarket,
        lead: Callable[[], Awaitable[None]],
        halt: Callable[[], Awaitable[None]],
    ) -> None:
        self._market = market
        self._owner = str(uuid4())
        self._lead = lead
        self._halt = halt
        self._leading: asyncio.Future[None] | None = None

    async def run(self) -> None:
        try:
            while True:
                await self._turn(held=await self._hold())
                if self._leading is not None:
                    # An error of the leader must end the task, so it is not awaited in the dark.
                    await asyncio.wait({self._leading}, timeout=_RENEW_EVERY)
                    if self._leading.done():
                        self._leading.result()
                else:
                    await asyncio.sleep(_RENEW_EVERY)
        finally:
            led = self._leading is not None and await self._hold()
            await self._turn(held=False)
            if led:
                await self._halt()
                with suppress(UnavailableError):
                    await self._market.release_lease(self._owner)

    async def _hold(self) -> bool:
        try:
            return await self._market.hold_lease(self._owner, LEASE_MS)
        except UnavailableError:
            return self._leading is not None

    async def _turn(self, *, held: bool) -> None:
        if held and self._leading is None:
            log.info("this task leads")
            self._leading = asyncio.ensure_future(self._lead())
        elif not held and self._leading is not None:
            log.info("this task no longer leads")
            leading, self._leading = self._leading, None
            # Python 3.11's wait_for, which psycopg uses, loses a cancellation that comes together
            # with its result; so it is repeated.
            while not leading.done():
                leading.cancel()
                await asyncio.wait({leading}, timeout=_CANCEL_AGAIN)
