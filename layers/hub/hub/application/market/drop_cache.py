"""Forget what the cache holds of symbols, or everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.market.get_instrument import listed
from hub.application.ports.market import Instruments, MarketCache


@dataclass(frozen=True, slots=True)
class DropCache:
    instruments: Instruments
    cache: MarketCache
    record: AdminRecord

    def __call__(self, who: Administrator, symbols: Sequence[str]) -> int:
        """How many entries there were; without symbols, of everything.

        Raises NotFoundError for a symbol that is not traded, UnavailableError without the cache.
        """
        wanted = [listed(self.instruments, symbol) for symbol in symbols]
        self.record(who, "drop_cache", {"symbols": list(symbols)})
        return self.cache.drop(wanted or None)
