"""Good-faith violations: shares sold before the proceeds that had bought them were settled.

An account of cash may spend the proceeds of a sale at once, on the understanding that what it buys
is held until they settle.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from hub.domain.kernel import InstrumentId

_ZERO = Decimal(0)


class Trade(NamedTuple):
    """An execution. A purchase has `unsettled_used`; a sale has its proceeds and their date."""

    execution_id: str
    instrument_id: InstrumentId
    is_sale: bool
    quantity: Decimal
    trade_date: date
    executed_at: datetime
    unsettled_used: Decimal = _ZERO
    proceeds: Decimal = _ZERO
    settlement_date: date = date.max
    settled_at: datetime | None = None


class Violation(NamedTuple):
    """`quantity` of the purchase was sold before `clears_on`, when the `unsettled_used` settle."""

    sale_id: str
    purchase_id: str
    instrument_id: InstrumentId
    quantity: Decimal
    unsettled_used: Decimal
    clears_on: date


class _Lot:
    """Shares that were bought together. Without `clears_on` they were paid in full."""

    def __init__(self, trade: Trade | None, quantity: Decimal, clears_on: date | None) -> None:
        self.trade = trade
        self.quantity = quantity
        self.clears_on = clears_on


class _Proceeds:
    """Of one sale: what of them is not spent yet."""

    def __init__(self, sale: Trade) -> None:
        self.sale = sale
        self.left = sale.proceeds


def good_faith_violations(
    trades: Iterable[Trade], held_before: Mapping[InstrumentId, Decimal]
) -> list[Violation]:
    """Of one account, whose trades come in the order in which they happened.

    Shares are sold in the order in which they were bought, and of unsettled proceeds those that
    settle first are spent first.
    """
    lots: dict[InstrumentId, deque[_Lot]] = {}
    pool: list[_Proceeds] = []
    found: list[Violation] = []
    for trade in trades:
        held = lots.get(trade.instrument_id)
        if held is None:
            before = _Lot(None, held_before.get(trade.instrument_id, _ZERO), None)
            held = lots[trade.instrument_id] = deque([before])
        if trade.is_sale:
            found += _sold(held, trade)
            pool.append(_Proceeds(trade))
        else:
            held.append(_Lot(trade, trade.quantity, _clears_on(pool, trade)))
    return found


def _sold(held: deque[_Lot], sale: Trade) -> list[Violation]:
    found = []
    left = sale.quantity
    while left and held:
        lot = held[0]
        sold = min(left, lot.quantity)
        left -= sold
        lot.quantity -= sold
        if not lot.quantity:
            held.popleft()
        if sold and lot.trade and lot.clears_on and sale.trade_date < lot.clears_on:
            used = lot.trade.unsettled_used
            bought = lot.trade.execution_id
            violation = Violation(
                sale.execution_id, bought, sale.instrument_id, sold, used, lot.clears_on
            )
            found.append(violation)
    return found


def _clears_on(pool: list[_Proceeds], purchase: Trade) -> date | None:
    """When the last of what was spent settles; None where it had settled before the purchase."""
    left, clears_on = purchase.unsettled_used, None
    there = [each for each in pool if each.left and not _was_settled(each.sale, purchase)]
    for each in sorted(there, key=lambda its: (its.sale.settlement_date, its.sale.execution_id)):
        if not left:
            break
        spent = min(left, each.left)
        left -= spent
        each.left -= spent
        if each.sale.settlement_date > purchase.trade_date:
            clears_on = each.sale.settlement_date
    return clears_on


def _was_settled(sale: Trade, purchase: Trade) -> bool:
    """In the books, where its proceeds were no longer among the unsettled cash."""
    return sale.settled_at is not None and sale.settled_at <= purchase.executed_at
