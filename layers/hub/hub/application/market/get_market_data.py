"""Show the latest quote of a symbol."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.market.get_instrument import listed
from hub.application.ports.market import Instruments, MarketData
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError
from hub.domain.market.quote import Quote


class SeenQuote(NamedTuple):
    quote: Quote
    stale: bool


@dataclass(frozen=True, slots=True)
class GetMarketData:
    instruments: Instruments
    market_data: MarketData
    clock: Clock

    def __call__(self, symbol: str) -> SeenQuote:
        """Raises NotFoundError for what is not traded, UnavailableError where no price is known."""
        listed(self.instruments, symbol)
        view = self.market_data.view([symbol])
        quote = view.quotes.get(symbol)
        if quote is None:
            raise UnavailableError(f"{symbol} has no price", code="no_market_data")
        return SeenQuote(quote, quote.is_stale(view.clock, self.clock.now()))
