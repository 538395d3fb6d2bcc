"""Which sales violate good faith, by the shares and the money of each trade."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.domain.kernel import InstrumentId
from hub.domain.settlement.good_faith import Trade, good_faith_violations

A, B = InstrumentId("a"), InstrumentId("b")
MONDAY = date(2026, 1, 5)
START = datetime(2026, 1, 5, 15, tzinfo=UTC)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


class Story:
    """Trades in their order, each an hour after the one before on its day; sales settle in one."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []

    def _next(self, number: int) -> tuple[str, datetime]:
        count = len(self.trades)
        return f"{count:03}", START + timedelta(days=number, hours=count)

    def sell(
        self, number: int, quantity: int, proceeds: int = 0, of: InstrumentId = A, late: bool = True
    ) -> str:
        name, at = self._next(number)
        settled = None if late else START + timedelta(days=number + 1)
        self.trades.append(
            Trade(
                name,
                of,
                is_sale=True,
                quantity=Decimal(quantity),
                trade_date=day(number),
                executed_at=at,
                proceeds=Decimal(proceeds),
                settlement_date=day(number + 1),
                settled_at=settled,
            )
        )
        return name

    def buy(self, number: int, quantity: int, unsettled: int = 0, of: InstrumentId = B) -> str:
        name, at = self._next(number)
        self.trades.append(
            Trade(
                name,
                of,
                is_sale=False,
                quantity=Decimal(quantity),
                trade_date=day(number),
                executed_at=at,
                unsettled_used=Decimal(unsettled),
            )
        )
        return name

    def found(self, **held: int) -> list[tuple[str, str, int, date]]:
        before = {InstrumentId(name): Decimal(each) for name, each in held.items()}
        return [
            (each.sale_id, each.purchase_id, int(each.quantity), each.clears_on)
            for each in good_faith_violations(self.trades, before)
        ]


@pytest.fixture
def story() -> Story:
    return Story()


def test_bought_with_unsettled_proceeds_and_sold_before_they_settle(story: Story):
    story.sell(0, 10, 1000)
    bought = story.buy(0, 5, 1000)
    sold = story.sell(0, 5, 1100, of=B)

    assert story.found(a=10) == [(sold, bought, 5, day(1))]


def test_sold_on_the_day_on_which_they_settle_is_in_good_faith(story: Story):
    story.sell(0, 10, 1000)
    story.buy(0, 5, 1000)
    story.sell(1, 5, 1100, of=B)

    assert story.found(a=10) == []


def test_bought_with_settled_cash_is_sold_as_one_likes(story: Story):
    story.sell(0, 10, 1000)
    story.buy(0, 5)
    story.sell(0, 5, 1100, of=B)

    assert story.found(a=10) == []


def test_a_late_settlement_run_is_not_the_customers_fault(story: Story):
    story.sell(0, 10, 1000)
    story.buy(1, 5, 1000)  # unsettled in the books still, and settled by its date
    story.sell(1, 5, 1100, of=B)

    assert story.found(a=10) == []


def test_shares_that_were_held_before_are_sold_first(story: Story):
    story.sell(0, 10, 1000)
    bought = story.buy(0, 5, 1000)
    sold = story.sell(0, 6, 1300, of=B)

    assert story.found(a=10, b=4) == [(sold, bought, 2, day(1))]


def test_proceeds_that_settle_first_are_spent_first(story: Story):
    story.sell(0, 5, 1000)
    story.sell(1, 5, 1000)
    story.buy(1, 5, 1000)  # of the first sale, whose proceeds settle this very day
    bought = story.buy(1, 7, 1000, of=A)
    sold = story.sell(1, 7, 900, of=A)

    assert story.found(a=10) == [(sold, bought, 7, day(2))]


def test_what_has_settled_in_the_books_is_not_spent_again(story: Story):
    story.sell(0, 5, 1000, late=False)
    story.sell(1, 5, 500)
    bought = story.buy(1, 5, 500)
    sold = story.sell(1, 1, 90, of=B)

    assert story.found(a=10) == [(sold, bought, 1, day(2))]


def test_one_sale_may_violate_by_several_purchases(story: Story):
    story.sell(0, 10, 1000)
    first, second = story.buy(0, 2, 400), story.buy(0, 3, 600)
    sold = story.sell(0, 5, 1100, of=B)

    assert story.found(a=10) == [(sold, first, 2, day(1)), (sold, second, 3, day(1))]
