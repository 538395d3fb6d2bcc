"""What is traded under a symbol, from the database, for those who ask by gRPC."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from hub.domain.market.instrument import Instrument

# Reference data changes seldom.
_GOOD_FOR_SECONDS = 300.0
_KEPT = 10_000


class KnownInstruments:
    """Asks in a thread of its own, once in five minutes for each symbol."""

    def __init__(self, find: Callable[[str], Instrument | None]) -> None:
        self._find = find
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="instruments")
        self._known: dict[str, tuple[float, Instrument | None]] = {}

    async def __call__(self, symbol: str) -> Instrument | None:
        """Raises UnavailableError."""
        asked_at, instrument = self._known.get(symbol, (-_GOOD_FOR_SECONDS, None))
        if monotonic() - asked_at < _GOOD_FOR_SECONDS:
            return instrument
        loop = asyncio.get_running_loop()
        instrument = await loop.run_in_executor(self._thread, self._find, symbol)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[symbol] = (monotonic(), instrument)
        return instrument
