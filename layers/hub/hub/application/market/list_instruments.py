"""Show what can be traded."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.market import Instruments
from hub.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True)
class ListInstruments:
    instruments: Instruments

    def __call__(self) -> Sequence[Instrument]:
        return self.instruments.all()
