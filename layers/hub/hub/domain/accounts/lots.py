"""What of each purchase is still held: first in, first out.

Sales take the oldest shares first, so that what is held is what was bought last: the open lots are
the newest purchases that add up to the position, the oldest of them perhaps in part. No sale needs
to be looked at, and no history beyond the lots themselves.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import notional, ratio


class Purchase(NamedTuple):
    """One execution of a buy. `newer` is what was bought after it."""

    execution_id: str
    order_id: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    executed_at: datetime
    market_time: datetime
    newer: Decimal


class Lot(NamedTuple):
    """`quantity` shares of a purchase, which cost `cost`."""

    purchase: Purchase
    quantity: Decimal
    cost: Decimal

    def market_value(self, price: Decimal) -> Decimal:
        return notional(price, self.quantity)


def open_lot(purchase: Purchase, held: Decimal) -> Lot:
    """What is left of a purchase in a position of `held` shares, more than were bought after it."""
    left = min(purchase.quantity, held - purchase.newer)
    return Lot(purchase, left, ratio(purchase.value, left, purchase.quantity))
