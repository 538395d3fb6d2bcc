"""What every context shares: the error tree, exact arithmetic, and the names of ids.

HubError
├── InvalidInputError      the request itself is malformed; names field and rule
├── UnauthenticatedError   nobody proved who they are
├── ForbiddenError         a rule about money, holdings or scope says no
├── NotFoundError          no such thing, or not the caller's
├── ConflictError          the same key was used for something else
├── RejectedError          a business rule says no
├── ThrottledError         too much of it at once; says when to come again
└── UnavailableError       a part is down; trying again may help
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import NamedTuple, NewType

AccountId = NewType("AccountId", str)
CustomerId = NewType("CustomerId", str)
OrderId = NewType("OrderId", str)
InstrumentId = NewType("InstrumentId", str)

MONEY_STEP = Decimal("0.000001")
QUANTITY_STEP = Decimal("0.000000001")
CURRENCY = "USD"

_ONE = Decimal(1)
_CENT = Decimal("0.01")
_HUNDREDTH_OF_A_CENT = Decimal("0.0001")

# Products of the widest money and quantity need 44 digits; the default 28 would round in silence.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero])
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])


class Fault(NamedTuple):
    """One broken rule of one field: `field` as the client wrote it, `rule` stable for programs."""

    field: str
    rule: str
    message: str


class HubError(Exception):
    """Something that Hub answers on purpose. `code` is stable and listed in docs/errors.md."""

    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: tuple[Fault, ...] = (),
        extra: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.faults = faults
        self.extra = dict(extra or {})


class InvalidInputError(HubError):
    code = "invalid_input"


class UnauthenticatedError(HubError):
    code = "unauthenticated"


class ForbiddenError(HubError):
    code = "forbidden"


class NotFoundError(HubError):
    code = "not_found"


class ConflictError(HubError):
    code = "conflict"


class RejectedError(HubError):
    code = "rejected"


class ThrottledError(HubError):
    code = "throttled"

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class UnavailableError(HubError):
    code = "unavailable"


def money(amount: Decimal) -> Decimal:
    """`amount` in money's smallest unit (a millionth), rounded half to even."""
    return amount.quantize(MONEY_STEP, context=_ROUNDING)


def notional(price: Decimal, quantity: Decimal) -> Decimal:
    """What `quantity` costs at `price`: multiplied exactly, rounded once."""
    return money(_EXACT.multiply(price, quantity))


def exact_product(price: Decimal, quantity: Decimal) -> Decimal:
    """`price * quantity`, not rounded at all."""
    return _EXACT.multiply(price, quantity)


def exact_sum(left: Decimal, right: Decimal) -> Decimal:
    return _EXACT.add(left, right)


def ratio(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """`amount * part / whole` as money, rounded once."""
    return money(_ROUNDING.divide(_EXACT.multiply(amount, part), whole))


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """`amount / quantity`, to six decimals."""
    return money(_ROUNDING.divide(amount, quantity))


def price_increment(price: Decimal) -> Decimal:
    """The smallest step of an order's price: a cent from one dollar on, else a hundredth of it."""
    return _CENT if price >= _ONE else _HUNDREDTH_OF_A_CENT


def plain(number: Decimal, places: int = 0) -> str:
    """`number` without exponent or needless zeros, but with at least `places` decimals."""
    whole, _, fraction = format(number, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    text = f"{whole}.{fraction}" if fraction else whole
    return text.removeprefix("-") if not number else text
