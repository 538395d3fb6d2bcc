"""Marks after the close, and the history that is made of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.application.accounts import mark_accounts
from hub.domain.kernel import UnavailableError
from hub.domain.market.trade import SessionPrint
from tests.fixtures.requests import Front
from tests.fixtures.worlds import OPEN, Customer, World

EVENING = datetime(2012, 6, 1, 20, 30, tzinfo=UTC)


def mark(world: World, evening: datetime, close: str, symbol: str = "AAPL") -> int:
    """The session of that day has closed with this price; the job is woken."""
    world.market(evening)
    printed = SessionPrint(evening.date(), Decimal(close), "c")
    world.quote(symbol, "1", "1.01", closing=printed)
    done: int = world.hub.mark_accounts("trace")
    return done


def history(front: Front, me: Customer, **query: str) -> Any:
    answer = front.call("accounts.get_portfolio_history", me, query=query)
    assert answer.status == 200
    return answer.body


def test_accounts_are_marked_once_a_day_at_the_official_close(front: Front):
    world, me = front.world, front.world.customer("100")
    world.give(me, "2", "50")
    assert mark(world, EVENING, "60") == 1
    before = world.contents()
    assert mark(world, EVENING + timedelta(hours=40), "70") == 0
    assert world.contents() == before
    (shown,) = history(front, me)["marks"]
    assert shown == {
        "day": "2012-06-01",
        "equity": "220.00",
        "deposited": "200.00",
        "profit_loss": "20.00",
    }


def test_nothing_is_marked_while_a_session_is_under_way_or_the_market_stands(front: Front):
    world = front.world
    world.customer("100")
    world.market(OPEN)
    assert world.hub.mark_accounts("trace") == 0
    world.market(EVENING)
    world.clock.advance(60)
    assert world.hub.mark_accounts("trace") == 0


def test_a_run_that_died_is_continued_by_the_next(front: Front, monkeypatch: pytest.MonkeyPatch):
    world = front.world
    for _ in range(5):
        world.customer("10")
    monkeypatch.setattr(mark_accounts, "BATCH", 2)
    marks, add, batches = world.hub.marks, type(world.hub.marks).add, []

    def dying(self: Any, new: Any) -> None:
        batches.append(new)
        if len(batches) == 2:
            raise UnavailableError("killed")
        add(self, new)

    monkeypatch.setattr(type(marks), "add", dying)
    with pytest.raises(UnavailableError):
        mark(world, EVENING, "1")
    assert mark(world, EVENING, "1") == 3
    assert world.sql("SELECT count(*), sum(equity) FROM account_marks") == [(5, 50)]


def test_a_closed_account_is_marked_once_more(front: Front):
    world, me = front.world, front.world.customer("10")
    mark(world, EVENING, "1")
    world.clock.advance(1)
    path = {"account_id": me.account_id}
    front.call("accounts.withdraw_cash", me, path=path, body={"amount": "10.00"})
    assert front.call("accounts.close_account", me, path=path).status == 200
    world.clock.advance(1)
    assert mark(world, EVENING + timedelta(days=3), "1") == 1
    assert mark(world, EVENING + timedelta(days=4), "1") == 0
    assert [each["equity"] for each in history(front, me)["marks"]] == ["10.00", "0.00"]


@pytest.fixture
def invested(front: Front) -> Customer:
    """Two shares bought at 50 with all there is; 60, 45 and 54 at the next closes, and 1000
    dollars more before the last."""
    world, me = front.world, front.world.customer()
    world.give(me, "2", "50")
    for days, close in ((0, "60"), (3, "45")):
        mark(world, EVENING + timedelta(days=days), close)
    world.deposit(me, "1000")
    mark(world, EVENING + timedelta(days=4), "54")
    return me


def test_a_deposit_makes_no_return(front: Front, invested: Customer):
    found = history(front, invested)
    assert [each["equity"] for each in found["marks"]] == ["120.00", "90.00", "1108.00"]
    figures = found["performance"]
    # 1.2 x 0.75 x 1108/1090: the deposit is counted as if it had been there all day.
    assert figures["time_weighted_return"] == "-0.08513761"
    assert (figures["max_drawdown"], figures["days"]) == ("-0.25", 3)


def test_a_period_begins_with_the_mark_before_it(front: Front, invested: Customer):
    world = front.world
    world.market(EVENING + timedelta(days=10))
    week = history(front, invested, period="1W")
    assert [each["day"] for each in week["marks"]] == ["2012-06-04", "2012-06-05"]
    assert week["performance"]["days"] == 2
    assert week["performance"]["time_weighted_return"] == "-0.23761468"
    everything = history(front, invested, period="all", timeframe="1M")
    assert [each["day"] for each in everything["marks"]] == ["2012-06-05"]
    assert everything["performance"]["days"] == 3


def test_who_has_no_history_has_an_empty_one(front: Front):
    found = history(front, front.world.customer(), period="all")
    assert found["marks"] == []
    assert found["performance"] == {
        "time_weighted_return": "0",
        "volatility": None,
        "max_drawdown": "0",
        "days": 0,
    }


@pytest.mark.parametrize("query", [{"period": "2M"}, {"timeframe": "1H"}])
def test_periods_and_timeframes_are_of_a_list(front: Front, query: dict[str, str]):
    me = front.world.customer()
    answer = front.call("accounts.get_portfolio_history", me, query=query)
    assert (answer.status, answer.faults) == (400, {(next(iter(query)), "enum")})


def test_another_s_account_has_no_history(front: Front, invested: Customer):
    stranger = front.world.customer()
    query = {"account_id": invested.account_id}
    answer = front.call("accounts.get_portfolio_history", stranger, query=query)
    assert answer.status == 404
    assert history(front, stranger)["marks"] == []
