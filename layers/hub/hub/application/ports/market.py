"""The market as use cases see it: quotes, its clock, instruments and calendars."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote


class MarketView(NamedTuple):
    """What the market shows at one moment. A symbol without any price is absent from `quotes`."""

    clock: MarketClock
    quotes: Mapping[str, Quote]


class MarketData(Protocol):
    def view(self, symbols: Sequence[str]) -> MarketView:
        """The latest quotes and the market clock, in one round trip to where they live."""


class Instruments(Protocol):
    def find(self, symbol: str) -> Instrument | None: ...

    def all(self) -> Sequence[Instrument]: ...


class Calendars(Protocol):
    def around(self, exchange: str, moment: datetime) -> Calendar:
        """The sessions of some days before `moment` and of a hundred after it."""
