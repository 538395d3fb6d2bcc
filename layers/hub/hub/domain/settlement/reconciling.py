"""Where our books and the venue's record of a day differ, and in what way."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.kernel import AccountId, InstrumentId, plain

_ZERO = Decimal(0)


class BreakKind(StrEnum):
    """`missing_ours`: the venue has an execution that we have not; `missing_theirs` the reverse."""

    MISSING_OURS = "missing_ours"
    MISSING_THEIRS = "missing_theirs"
    QUANTITY = "quantity"
    PRICE = "price"
    CASH = "cash"
    TIMING = "timing"


class Executed(NamedTuple):
    """One execution, as either side has it. `cash` is what it moved: negative for a purchase."""

    execution_id: str
    account_id: AccountId
    instrument_id: InstrumentId
    quantity: Decimal
    price: Decimal
    cash: Decimal
    settlement_date: date
    market_time: datetime


class DayRecord(NamedTuple):
    """One side's record of a day: its executions, the cash that they moved for each account, and
    what is held after them. A sale's quantity is negative."""

    executions: Mapping[str, Executed]
    cash: Mapping[AccountId, Decimal]
    positions: Mapping[tuple[AccountId, InstrumentId], Decimal]


class Break(NamedTuple):
    """`subject` is what differs: an execution, a position or the cash of an account."""

    kind: BreakKind
    account_id: AccountId
    subject: str
    ours: str
    theirs: str


def reconcile(ours: DayRecord, theirs: DayRecord) -> list[Break]:
    """Every break, in an order of its own."""
    return sorted(
        [*_executions(ours, theirs), *_cash(ours, theirs), *_positions(ours, theirs)],
        key=lambda each: (each.account_id, each.subject, each.kind),
    )


def _executions(ours: DayRecord, theirs: DayRecord) -> Iterator[Break]:
    for execution_id in ours.executions.keys() | theirs.executions.keys():
        mine, other = ours.executions.get(execution_id), theirs.executions.get(execution_id)
        subject = f"execution {execution_id}"
        if mine is not None and other is not None:
            yield from _differences(subject, mine, other)
        elif mine is not None:
            yield Break(BreakKind.MISSING_THEIRS, mine.account_id, subject, _shown(mine), "")
        elif other is not None:
            yield Break(BreakKind.MISSING_OURS, other.account_id, subject, "", _shown(other))


def _differences(subject: str, ours: Executed, theirs: Executed) -> Iterator[Break]:
    sides = (
        (BreakKind.QUANTITY, _whose(ours), _whose(theirs)),
        (BreakKind.PRICE, plain(ours.price, 2), plain(theirs.price, 2)),
        (BreakKind.CASH, plain(ours.cash, 2), plain(theirs.cash, 2)),
        (BreakKind.TIMING, _when(ours), _when(theirs)),
    )
    for kind, mine, other in sides:
        if mine != other:
            yield Break(kind, ours.account_id, subject, mine, other)


def _cash(ours: DayRecord, theirs: DayRecord) -> Iterator[Break]:
    for account_id in ours.cash.keys() | theirs.cash.keys():
        mine, other = (side.cash.get(account_id, _ZERO) for side in (ours, theirs))
        if mine != other:
            yield Break(BreakKind.CASH, account_id, "cash", plain(mine, 2), plain(other, 2))


def _positions(ours: DayRecord, theirs: DayRecord) -> Iterator[Break]:
    for place in ours.positions.keys() | theirs.positions.keys():
        mine, other = (side.positions.get(place, _ZERO) for side in (ours, theirs))
        if mine != other:
            account_id, instrument_id = place
            subject = f"position {instrument_id}"
            yield Break(BreakKind.QUANTITY, account_id, subject, plain(mine), plain(other))


def _whose(executed: Executed) -> str:
    """Shares are of an account and an instrument: the same number elsewhere is another quantity."""
    return f"{plain(executed.quantity)} of {executed.instrument_id} for {executed.account_id}"


def _when(executed: Executed) -> str:
    return f"{executed.market_time.isoformat()}, settles {executed.settlement_date}"


def _shown(executed: Executed) -> str:
    return f"{plain(executed.quantity)} at {plain(executed.price, 2)}"
