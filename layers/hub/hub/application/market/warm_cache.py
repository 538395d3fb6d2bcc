"""Fill the cache ahead with what is asked for most, so that nobody waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.market.get_instrument import listed
from hub.application.market.list_instruments import PAGE
from hub.application.ports.market import InstrumentFilter, Instruments, MarketCache, MarketData
from hub.application.ports.system import Clock

# As the use case asks for the page that a client gets who asks for nothing in particular.
_FIRST_PAGE = InstrumentFilter(None, None, None, None, None, None, PAGE + 1)


@dataclass(frozen=True, slots=True)
class WarmCache:
    instruments: Instruments
    market_data: MarketData
    clock: Clock
    cache: MarketCache
    record: AdminRecord

    def __call__(self, symbols: Sequence[str] = (), who: Administrator | None = None) -> int:
        """Of these symbols, or of the first page of all. How many entries were stored.

        `who` is nobody where a schedule asks. Raises NotFoundError for a symbol that is not traded.
        """
        wanted = [listed(self.instruments, symbol) for symbol in symbols]
        if who is not None:
            self.record(who, "warm_cache", {"symbols": list(symbols)})
        found = wanted or self.instruments.search(_FIRST_PAGE._replace(limit=PAGE))
        today = self.market_data.view([]).clock.held_at(self.clock.now()).date()
        return self.cache.warm(found, _FIRST_PAGE, today)
