"""An instrument: what is traded, and where."""

from typing import NamedTuple

from hub.domain.kernel import InstrumentId


class Instrument(NamedTuple):
    """`symbol` may pass to another instrument in time; `instrument_id` never does."""

    instrument_id: InstrumentId
    symbol: str
    name: str
    category: str
    exchange: str
    currency: str
