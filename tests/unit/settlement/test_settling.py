"""What settles of unsettled cash when some of it was spent before."""

from datetime import date
from decimal import Decimal

import pytest

from hub.domain.settlement.settling import Obligation, settle

FIRST, SECOND, THIRD = date(2012, 6, 6), date(2012, 6, 7), date(2012, 6, 8)
OWED = [
    Obligation("b", Decimal(100), SECOND),
    Obligation("a", Decimal(100), FIRST),
    Obligation("c", Decimal(100), THIRD),
]


def moved(unsettled: int, as_of: date) -> dict[str, int]:
    return {
        each.obligation.execution_id: int(each.moved)
        for each in settle(Decimal(unsettled), OWED, as_of)
    }


@pytest.mark.parametrize(
    ("unsettled", "as_of", "expected"),
    [
        (300, date(2012, 6, 5), {}),
        (300, FIRST, {"a": 100}),
        (300, SECOND, {"a": 100, "b": 100}),
        (300, THIRD, {"a": 100, "b": 100, "c": 100}),
        (150, FIRST, {"a": 0}),  # what was spent is of those that settle first
        (150, SECOND, {"a": 0, "b": 50}),
        (250, FIRST, {"a": 50}),
        (0, THIRD, {"a": 0, "b": 0, "c": 0}),
    ],
)
def test_what_was_spent_is_of_the_proceeds_that_settle_first(
    unsettled: int, as_of: date, expected: dict[str, int]
):
    assert moved(unsettled, as_of) == expected


def test_nothing_owed_nothing_settles():
    assert list(settle(Decimal(0), [], THIRD)) == []
