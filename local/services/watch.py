"""Starts a server again when it ends by itself, waiting longer each time it keeps ending."""

import asyncio
import logging
from typing import Protocol

from local.services.errors import StartError

logger = logging.getLogger(__name__)

_LONGEST_PAUSE = 5.0


class Server(Protocol):
    @property
    def running(self) -> bool: ...

    def restart(self) -> None:
        """Raises StartError."""
        ...


async def watch(server: Server, *, every: float = 0.25) -> None:
    """Runs until it is cancelled; a restart that is under way then is let finish."""
    pause, name = every, type(server).__name__
    while True:
        await asyncio.sleep(every)
        if server.running:
            pause = max(pause / 1.1, every)
            continue
        logger.warning("%s ended and is started again in %.1f s", name, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
        await _restart(server)


async def _restart(server: Server) -> None:
    restarting = asyncio.ensure_future(asyncio.to_thread(server.restart))
    try:
        await asyncio.shield(restarting)
    except asyncio.CancelledError:
        # A thread cannot be cancelled. Left alone it would start a server after all are stopped.
        await asyncio.wait({restarting})
        restarting.exception()
        raise
    except (StartError, OSError) as error:
        logger.warning("%s did not start again: %s", type(server).__name__, error)
