"""Each kind of break between two records of a day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.domain.kernel import AccountId, InstrumentId
from hub.domain.settlement.reconciling import BreakKind, DayRecord, Executed, reconcile

ANN, BOB = AccountId("ann"), AccountId("bob")
STOCK, OTHER = InstrumentId("stock"), InstrumentId("other")
BOUGHT = Executed(
    "1",
    ANN,
    STOCK,
    Decimal(10),
    Decimal("99.5"),
    Decimal(-995),
    date(2012, 6, 6),
    datetime(2012, 6, 1, 15, tzinfo=UTC),
)
SOLD = BOUGHT._replace(execution_id="2", account_id=BOB, quantity=Decimal(-1), cash=Decimal(99))


def record(*executions: Executed, **more: Any) -> DayRecord:
    return DayRecord(
        {each.execution_id: each for each in executions},
        more.get("cash", {ANN: Decimal(-995), BOB: Decimal(99)}),
        more.get("positions", {(ANN, STOCK): Decimal(10)}),
    )


SAME = record(BOUGHT, SOLD)


def kinds(ours: DayRecord, theirs: DayRecord) -> list[tuple[str, str]]:
    return [(each.kind.value, each.subject) for each in reconcile(ours, theirs)]


def test_the_same_record_has_no_break():
    assert reconcile(SAME, record(SOLD, BOUGHT)) == []


def test_the_same_numbers_written_otherwise_are_the_same():
    theirs = record(BOUGHT._replace(price=Decimal("99.500000")), SOLD)
    assert reconcile(SAME, theirs) == []


def test_an_execution_that_one_side_has_not():
    assert kinds(record(SOLD), SAME) == [("missing_ours", "execution 1")]
    assert kinds(SAME, record(BOUGHT)) == [("missing_theirs", "execution 2")]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"quantity": Decimal(11)}, BreakKind.QUANTITY),
        ({"quantity": Decimal(-10)}, BreakKind.QUANTITY),
        ({"instrument_id": OTHER}, BreakKind.QUANTITY),
        ({"account_id": BOB}, BreakKind.QUANTITY),
        ({"price": Decimal("99.4")}, BreakKind.PRICE),
        ({"cash": Decimal("-995.01")}, BreakKind.CASH),
        ({"settlement_date": date(2012, 6, 7)}, BreakKind.TIMING),
        ({"market_time": BOUGHT.market_time + timedelta(seconds=1)}, BreakKind.TIMING),
    ],
)
def test_an_execution_that_differs_is_a_break_of_its_kind(change: dict[str, Any], kind: BreakKind):
    [found] = reconcile(SAME, record(BOUGHT._replace(**change), SOLD))

    assert (found.kind, found.account_id, found.subject) == (kind, ANN, "execution 1")
    assert found.ours != found.theirs


def test_cash_and_positions_differ_also_where_one_side_has_none():
    assert kinds(SAME, record(BOUGHT, SOLD, cash={ANN: Decimal(-995)})) == [("cash", "cash")]
    assert kinds(SAME, record(BOUGHT, SOLD, positions={})) == [("quantity", "position stock")]


def test_several_breaks_come_in_an_order_of_their_own():
    theirs = record(BOUGHT._replace(price=Decimal(1), cash=Decimal(1)), cash={}, positions={})

    assert kinds(SAME, theirs) == [
        ("cash", "cash"),
        ("cash", "execution 1"),
        ("price", "execution 1"),
        ("quantity", "position stock"),
        ("cash", "cash"),
        ("missing_theirs", "execution 2"),
    ]
