"""Values what is held at the market, as of one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.application.ports.accounts import HeldPosition
from hub.application.ports.market import MarketData
from hub.application.ports.system import Clock
from hub.domain.accounts.portfolio import Holding


class Valued(NamedTuple):
    """In the order in which they were given, as of market time `as_of`."""

    holdings: list[Holding]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Valuing:
    market_data: MarketData
    clock: Clock

    def __call__(self, held: Sequence[HeldPosition]) -> Valued:
        """Each at the last price; at its average cost where no price is known at all."""
        now = self.clock.now()
        view = self.market_data.view(sorted({each.symbol for each in held}))
        holdings = []
        for each in held:
            quote, position = view.quotes.get(each.symbol), each.position
            began = quote.day_began if quote else None
            holdings.append(
                Holding(
                    each.symbol,
                    each.name,
                    each.category,
                    position.quantity,
                    position.average_price,
                    position.cost,
                    quote.last if quote else position.average_price,
                    quote is None or quote.is_stale(view.clock, now),
                    position.realised,
                    quote.time if quote else None,
                    began.price if began else None,
                )
            )
        return Valued(holdings, view.clock.held_at(now))
