"""The use cases of the market, wired."""
# ruff: noqa: PLC0415  # adapters and use cases are imported where they are made

from functools import cached_property
from typing import TYPE_CHECKING

from hub.bootstrap.parts import Parts

if TYPE_CHECKING:
    from hub.application.market.get_market_data import GetMarketData
    from hub.application.market.list_instruments import ListInstruments


class MarketUseCases(Parts):
    """See the use cases of the same names."""

    @cached_property
    def list_instruments(self) -> "ListInstruments":
        from hub.application.market.list_instruments import ListInstruments

        return ListInstruments(self.instruments)

    @cached_property
    def get_market_data(self) -> "GetMarketData":
        from hub.application.market.get_market_data import GetMarketData

        return GetMarketData(self.instruments, self.market_data, self.clock)
