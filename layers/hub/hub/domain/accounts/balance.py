"""The cash of an account, and how buying, selling and reserving move it (order-semantics 4)."""

from decimal import Decimal
from typing import NamedTuple

from hub.domain.accounts.ledger import Ledger
from hub.domain.kernel import CURRENCY, Fault, ForbiddenError, RejectedError, plain

_ZERO = Decimal(0)
# What the database's columns hold as well: no account has this much.
BALANCE_LIMIT = Decimal("1e12")
Amounts = dict[Ledger, Decimal]


class InsufficientBuyingPowerError(ForbiddenError):
    code = "insufficient_buying_power"


class InsufficientWithdrawableError(ForbiddenError):
    code = "insufficient_withdrawable_cash"


def insufficient(available: Decimal, required: Decimal) -> InsufficientBuyingPowerError:
    has, needed = plain(available, 2), plain(required, 2)
    return InsufficientBuyingPowerError(
        f"the order needs {needed} {CURRENCY}, {has} are available",
        extra={"available": has, "required": needed},
    )


class Balance(NamedTuple):
    """`settled` and `unsettled` are the customer's cash; `reserved` of it is claimed by orders.

    Each method returns the balance after it and the ledger amounts that say the same.
    """

    settled: Decimal = _ZERO
    unsettled: Decimal = _ZERO
    reserved: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        return self.settled + self.unsettled

    @property
    def available(self) -> Decimal:
        return self.total - self.reserved

    @property
    def withdrawable(self) -> Decimal:
        """Settled cash that no open order needs."""
        return min(self.settled, self.available)

    def deposit(self, amount: Decimal) -> tuple["Balance", Amounts]:
        """Raises RejectedError for more than an account may hold."""
        if self.total + amount >= BALANCE_LIMIT:
            message = f"an account holds less than {BALANCE_LIMIT:f} {CURRENCY}"
            fault = Fault("amount", "balance_limit", message)
            raise RejectedError(message, code="balance_limit", faults=(fault,))
        after = self._replace(settled=self.settled + amount)
        return after, {Ledger.SETTLED: amount, Ledger.DEPOSITS: -amount}

    def withdraw(self, amount: Decimal) -> tuple["Balance", Amounts]:
        """Raises InsufficientWithdrawableError."""
        if amount > self.withdrawable:
            has, wanted = plain(self.withdrawable, 2), plain(amount, 2)
            raise InsufficientWithdrawableError(
                f"{has} {CURRENCY} can be withdrawn: cash that has settled and is not reserved",
                extra={"available": has, "required": wanted},
            )
        after = self._replace(settled=self.settled - amount)
        return after, {Ledger.SETTLED: -amount, Ledger.DEPOSITS: amount}

    def restart(self, amount: Decimal) -> tuple["Balance", Amounts]:
        """Settled cash of `amount`, and no other. Raises ValueError while any is reserved."""
        if self.reserved:
            raise ValueError("orders still reserve cash")
        return Balance(settled=amount), {
            Ledger.SETTLED: amount - self.settled,
            Ledger.UNSETTLED: -self.unsettled,
            Ledger.DEPOSITS: self.total - amount,
        }

    def reserve(self, amount: Decimal) -> tuple["Balance", Amounts]:
        """Raises InsufficientBuyingPowerError."""
        if amount > self.available:
            raise insufficient(self.available, amount)
        after = self._replace(reserved=self.reserved + amount)
        return after, {Ledger.RESERVED: amount, Ledger.HOLDS: -amount}

    def release(self, amount: Decimal) -> tuple["Balance", Amounts]:
        after = self._replace(reserved=self.reserved - amount)
        return after, {Ledger.RESERVED: -amount, Ledger.HOLDS: amount}

    def buy(
        self, cost: Decimal, released: Decimal, fees: Decimal = _ZERO
    ) -> tuple["Balance", Amounts]:
        """Pay `cost` and `fees`, settled cash first, giving back `released` of the reservation.

        Raises InsufficientBuyingPowerError when the price ran away from the reservation and the
        rest of the cash does not cover it.
        """
        paid = cost + fees
        if paid > self.available + released:
            raise insufficient(self.available + released, paid)
        from_settled = min(paid, self.settled)
        from_unsettled = paid - from_settled
        after = Balance(
            self.settled - from_settled, self.unsettled - from_unsettled, self.reserved - released
        )
        return after, {
            Ledger.SETTLED: -from_settled,
            Ledger.UNSETTLED: -from_unsettled,
            Ledger.MARKET: cost,
            Ledger.FEES: fees,
            Ledger.RESERVED: -released,
            Ledger.HOLDS: released,
        }

    def settle(self, amount: Decimal) -> tuple["Balance", Amounts]:
        """Proceeds have come in: they may be withdrawn now. What can be spent stays the same."""
        after = self._replace(settled=self.settled + amount, unsettled=self.unsettled - amount)
        return after, {Ledger.UNSETTLED: -amount, Ledger.SETTLED: amount}

    def sell(self, proceeds: Decimal, fees: Decimal = _ZERO) -> tuple["Balance", Amounts]:
        """Proceeds, less the fees, can be spent at once, and withdrawn once they settle."""
        net = proceeds - fees
        after = self._replace(unsettled=self.unsettled + net)
        return after, {Ledger.UNSETTLED: net, Ledger.MARKET: -proceeds, Ledger.FEES: fees}
