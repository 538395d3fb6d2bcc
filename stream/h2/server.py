"""The server of gRPC: its calls, started, told to drain, stopped."""

import asyncio

from stream.calls import SERVICE, FindInstrument
from stream.h2 import health, market, reflection
from stream.h2.connection import Offer
from stream.h2.status import CallError, Status
from stream.h2.wires import Desk
from stream.session import House

_TICK_SECONDS = 1.0
_POLL_SECONDS = 0.02
# Time for the last words to be sent.
_LAST_SECONDS = 0.2


class OwnCalls:
    """Serves from `start` until `stop`, without the gRPC library."""

    def __init__(self, house: House, find_instrument: FindInstrument, address: str) -> None:
        services = (SERVICE, health.SERVICE, reflection.SERVICE)
        self._health = health.Health(frozenset({"", SERVICE}))
        methods = {
            **market.methods(house, find_instrument),
            **self._health.methods(),
            **reflection.methods(services),
        }
        loop = asyncio.get_running_loop()
        host, _, port = address.rpartition(":")
        offer = Offer(methods, house.guests, loop.call_later)
        self._desk = Desk(host.strip("[]"), int(port), offer, house)
        self._ticking: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return self._desk.port

    async def start(self) -> None:
        self._health.set(serving=True)
        self._desk.listen()
        self._ticking = asyncio.ensure_future(self._tick())

    async def drain(self) -> None:
        self._health.set(serving=False)

    async def stop(self, grace: float) -> None:
        """Within `grace` the calls that there are may end by themselves."""
        self._desk.stop_listening()
        self._desk.retire()
        await self._emptied(grace)
        self._desk.end_calls(CallError(Status.UNAVAILABLE, "the server ends"))
        await self._emptied(_LAST_SECONDS)
        if self._ticking is not None:
            self._ticking.cancel()
        self._desk.drop()

    async def _emptied(self, within: float) -> None:
        end = asyncio.get_running_loop().time() + within
        while self._desk.busy and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110  # once
            await asyncio.sleep(_POLL_SECONDS)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            await self._desk.tick()
