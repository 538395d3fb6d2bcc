"""Search what can be traded, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.cursors import cursor_after
from hub.application.ports.market import InstrumentFilter, Instruments
from hub.domain.market.instrument import Instrument

# How many a client gets who does not say.
PAGE = 100


class InstrumentPage(NamedTuple):
    instruments: Sequence[Instrument]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListInstruments:
    instruments: Instruments

    def __call__(self, wanted: InstrumentFilter) -> InstrumentPage:
        """One page, by symbol, and the cursor of the next."""
        found = self.instruments.search(wanted._replace(limit=wanted.limit + 1))
        page = found[: wanted.limit]
        more = len(found) > wanted.limit
        return InstrumentPage(page, cursor_after(page[-1].symbol) if more else None)
