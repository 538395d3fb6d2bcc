"""Price a batch: the quotes of all its symbols, and the market clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.application.ports.market import MarketData, MarketView
from hub.domain.market.clock import clock_from_record, clock_record
from hub.domain.market.quote import quote_from_record, quote_record


@dataclass(frozen=True, slots=True)
class PriceOrders:
    market_data: MarketData

    def __call__(self, symbols: Sequence[str]) -> MarketView:
        return self.market_data.view(sorted(set(symbols)))


def view_record(view: MarketView) -> dict[str, Any]:
    return {
        "clock": clock_record(view.clock),
        "quotes": {symbol: quote_record(quote) for symbol, quote in view.quotes.items()},
    }


def view_from_record(record: Mapping[str, Any]) -> MarketView:
    quotes = {symbol: quote_from_record(quote) for symbol, quote in record["quotes"].items()}
    return MarketView(clock_from_record(record["clock"]), quotes)
