"""What settles, and how much of it is still there to settle."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

_ZERO = Decimal(0)


class Obligation(NamedTuple):
    """What one sale owes its account: `amount`, on `settlement_date`."""

    execution_id: str
    amount: Decimal
    settlement_date: date


class Settled(NamedTuple):
    """`moved` becomes settled cash; the rest of the obligation was spent before it settled."""

    obligation: Obligation
    moved: Decimal


def settle(unsettled: Decimal, owed: Iterable[Obligation], as_of: date) -> Sequence[Settled]:
    """What of `owed`, all that an account is still owed, is due on `as_of`.

    Of unsettled cash the proceeds that settle first are spent first. So what remains of it belongs
    to the obligations that settle last, and whatever exceeds those has settled. Later sales settle
    no earlier; where they did, some would settle later than it might, and none too early.
    """
    ordered = sorted(owed, key=lambda each: (each.settlement_date, each.execution_id))
    later = sum((each.amount for each in ordered), _ZERO)
    settled = []
    for each in ordered:
        if each.settlement_date > as_of:
            break
        later -= each.amount
        moved = max(unsettled - later, _ZERO)
        unsettled -= moved
        settled.append(Settled(each, moved))
    return settled
