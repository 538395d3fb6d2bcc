"""What an execution costs beside its price: a schedule of fees (order-semantics 9)."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.kernel import exact_product

_ZERO = Decimal(0)


class Basis(StrEnum):
    """What a rate is of: the value traded, each share, or the execution as such."""

    VALUE = "value"
    SHARE = "share"
    EXECUTION = "execution"


class Rounding(StrEnum):
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


_MODES = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.UP: ROUND_CEILING,
    Rounding.DOWN: ROUND_FLOOR,
}


class FeeRule(NamedTuple):
    """One line of the schedule, in force from the trade date `since` on until the next of its kind.

    `rate` is in USD per unit of the basis, rounded to `places` decimals of a dollar, and then at
    least `least` and at most `most`. Without a `side` it holds for both.
    """

    kind: str
    since: date
    side: str | None
    basis: Basis
    rate: Decimal
    least: Decimal
    most: Decimal | None
    places: int
    rounding: Rounding


class Fee(NamedTuple):
    kind: str
    amount: Decimal


def fees_of(
    schedule: Iterable[FeeRule], side: str, quantity: Decimal, value: Decimal, traded: date
) -> list[Fee]:
    """What an execution of `quantity` for `value` costs, by kind; nothing for nothing."""
    fees = []
    for rule in _in_force(schedule, traded):
        if rule.side not in {None, side}:
            continue
        amount = _amount(rule, quantity, value)
        if amount:
            fees.append(Fee(rule.kind, amount))
    return fees


def total(fees: Iterable[Fee]) -> Decimal:
    return sum((fee.amount for fee in fees), _ZERO)


def _in_force(schedule: Iterable[FeeRule], traded: date) -> list[FeeRule]:
    """The latest rule of each kind that has begun."""
    latest: dict[str, FeeRule] = {}
    for rule in schedule:
        known = latest.get(rule.kind)
        if rule.since <= traded and (known is None or known.since < rule.since):
            latest[rule.kind] = rule
    return [latest[kind] for kind in sorted(latest)]


def _amount(rule: FeeRule, quantity: Decimal, value: Decimal) -> Decimal:
    units = {Basis.VALUE: value, Basis.SHARE: quantity, Basis.EXECUTION: Decimal(1)}[rule.basis]
    context = Context(prec=60, rounding=_MODES[rule.rounding])
    raw = exact_product(rule.rate, units)
    amount = max(raw.quantize(Decimal(1).scaleb(-rule.places), context=context), rule.least)
    return amount if rule.most is None else min(amount, rule.most)
