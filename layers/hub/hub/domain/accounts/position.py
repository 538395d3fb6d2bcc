"""What an account holds of one instrument, at average cost."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import ForbiddenError, plain, ratio, unit_price

_ZERO = Decimal(0)


class InsufficientHoldingsError(ForbiddenError):
    code = "insufficient_holdings"


def insufficient_holdings(sellable: Decimal, required: Decimal) -> InsufficientHoldingsError:
    available, wanted = plain(sellable), plain(required)
    return InsufficientHoldingsError(
        f"the order sells {wanted}, {available} can be sold",
        extra={"available": available, "required": wanted},
    )


class Position(NamedTuple):
    """`cost` is what the shares held have cost in all; `reserved` of them stand in open sales."""

    quantity: Decimal = _ZERO
    reserved: Decimal = _ZERO
    cost: Decimal = _ZERO
    realised: Decimal = _ZERO

    @property
    def sellable(self) -> Decimal:
        return self.quantity - self.reserved

    @property
    def average_price(self) -> Decimal:
        return unit_price(self.cost, self.quantity) if self.quantity else _ZERO

    def buy(self, quantity: Decimal, cost: Decimal) -> "Position":
        return self._replace(quantity=self.quantity + quantity, cost=self.cost + cost)

    def sell(self, quantity: Decimal, proceeds: Decimal) -> "Position":
        """Sell shares that were reserved; the last share takes the last unit of cost with it."""
        released = ratio(self.cost, quantity, self.quantity)
        return Position(
            self.quantity - quantity,
            self.reserved - quantity,
            self.cost - released,
            self.realised + proceeds - released,
        )

    def reserve(self, quantity: Decimal) -> "Position":
        """Raises InsufficientHoldingsError."""
        if quantity > self.sellable:
            raise insufficient_holdings(self.sellable, quantity)
        return self._replace(reserved=self.reserved + quantity)

    def release(self, quantity: Decimal) -> "Position":
        return self._replace(reserved=self.reserved - quantity)
