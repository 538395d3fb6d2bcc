"""Show one instrument."""

from dataclasses import dataclass

from hub.application.ports.market import Instruments
from hub.domain.kernel import NotFoundError
from hub.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True)
class GetInstrument:
    instruments: Instruments

    def __call__(self, symbol: str) -> Instrument:
        """Raises NotFoundError for what is not traded."""
        return listed(self.instruments, symbol)


def listed(instruments: Instruments, symbol: str) -> Instrument:
    """Raises NotFoundError for what is not traded."""
    instrument = instruments.find(symbol)
    if instrument is None:
        raise NotFoundError(f"{symbol} is not traded here")
    return instrument
