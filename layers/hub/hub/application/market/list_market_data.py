"""Show the latest quotes of several symbols."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.market.get_market_data import SeenQuote
from hub.application.ports.market import Instruments, MarketData
from hub.application.ports.system import Clock
from hub.domain.kernel import Fault, NotFoundError


class SeenQuotes(NamedTuple):
    """In the order asked; `without_price` are symbols of which nobody knows a price."""

    quotes: Sequence[SeenQuote]
    without_price: Sequence[str]


@dataclass(frozen=True, slots=True)
class ListMarketData:
    instruments: Instruments
    market_data: MarketData
    clock: Clock

    def __call__(self, symbols: Sequence[str]) -> SeenQuotes:
        """Raises NotFoundError, which names every symbol that is not traded."""
        asked = list(dict.fromkeys(symbols))
        unknown = [each for each in asked if self.instruments.find(each) is None]
        if unknown:
            faults = tuple(
                Fault("symbols", "known", f"{symbol} is not traded here") for symbol in unknown
            )
            raise NotFoundError(f"not traded here: {', '.join(unknown)}", faults=faults)
        view = self.market_data.view(asked)
        now = self.clock.now()
        return SeenQuotes(
            [
                SeenQuote(quote, quote.is_stale(view.clock, now))
                for symbol in asked
                if (quote := view.quotes.get(symbol))
            ],
            [symbol for symbol in asked if symbol not in view.quotes],
        )
