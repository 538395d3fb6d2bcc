"""An instrument: what is traded, where, and in which steps."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import InstrumentId

_ONE = Decimal(1)
_CENT = Decimal("0.01")
_HUNDREDTH_OF_A_CENT = Decimal("0.0001")


class Instrument(NamedTuple):
    """`symbol` may pass to another instrument in time; `instrument_id` never does."""

    instrument_id: InstrumentId
    symbol: str
    name: str
    category: str
    exchange: str
    currency: str


def price_increment(price: Decimal) -> Decimal:
    """The smallest step of an order's price: a cent from one dollar on, else a hundredth of it."""
    return _CENT if price >= _ONE else _HUNDREDTH_OF_A_CENT


def is_on_increment(price: Decimal) -> bool:
    return price % price_increment(price) == 0
