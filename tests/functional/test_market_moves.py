"""What the market shows over HTTP as its time moves: quotes, bars, the clock."""

from datetime import UTC, datetime
from typing import Any

from tests.fixtures.requests import Front
from tests.fixtures.worlds import CLOSED, NEXT_OPEN, Customer

AAPL = {"symbol": "AAPL"}


def bars(front: Front, who: Customer, **query: str) -> dict[str, Any]:
    answer = front.call("market.list_bars", who, path=AAPL, query=query)
    assert answer.status == 200, answer.text
    return dict(answer.body)


def clock(front: Front, who: Customer, **query: str) -> dict[str, Any]:
    answer = front.call("market.get_market_clock", who, query=query)
    assert answer.status == 200, answer.text
    return dict(answer.body)


def test_quotes_of_several_symbols_come_in_the_order_asked(front: Front):
    me = front.world.customer()
    front.world.quote("MSFT", "30.00", "30.02")
    query = {"symbols": "MSFT,IBM,MSFT"}
    body = front.call("market.list_market_data", me, query=query).body
    assert [(each["symbol"], each["stale"]) for each in body["quotes"]] == [
        ("MSFT", False),
        ("IBM", True),  # its last close
    ]
    assert body["without_price"] == []


def test_a_symbol_whose_price_nobody_knows_is_named(front: Front):
    me = front.world.customer()
    front.world.market(datetime(2000, 1, 3, 15, tzinfo=UTC))
    body = front.call("market.list_market_data", me, query={"symbols": "FB"}).body
    assert body == {"quotes": [], "without_price": ["FB"]}


def test_after_the_close_the_day_has_its_bar(front: Front):
    me = front.world.customer()
    front.world.market(CLOSED)
    assert bars(front, me, start="2012-06-01")["bars"][-1]["date"] == "2012-06-01"


def test_a_dividend_changes_what_went_before_once_its_day_is_over(front: Front):
    """MSFT paid 0.20 on 2012-05-15, when it closed at 30.21."""
    me = front.world.customer()
    path, query = (
        {"symbol": "MSFT"},
        {"start": "2012-05-14", "end": "2012-05-15", "adjustment": "all"},
    )

    def closes() -> list[str]:
        shown = front.call("market.list_bars", me, path=path, query=query).body["bars"]
        return [each["close"] for each in shown]

    front.world.market(datetime(2012, 5, 15, 19, tzinfo=UTC))
    assert closes() == ["30.68"]
    front.world.market(datetime(2012, 5, 15, 20, tzinfo=UTC))
    assert closes() == ["30.478224", "30.21"]
    query["adjustment"] = "split"
    assert closes() == ["30.68", "30.21"]


def test_the_clock_tells_an_open_market_and_when_it_closes(front: Front):
    me = front.world.customer()
    assert clock(front, me) == {
        "exchange": "XNYS",
        "timestamp": "2012-06-01T15:00:00Z",
        "wall_time": "2026-01-05T12:00:00Z",
        "speed": 1.0,
        "running": True,
        "is_open": True,
        "session_date": "2012-06-01",
        "next_open": "2012-06-04T13:30:00Z",
        "next_close": "2012-06-01T20:00:00Z",
    }
    assert clock(front, me, exchange="BVMF")["next_close"] == "2012-06-01T20:00:00Z"


def test_the_clock_tells_a_closed_market_and_when_it_opens(front: Front):
    me = front.world.customer()
    front.world.market(CLOSED, speed=60)
    shown = clock(front, me)
    assert (shown["is_open"], shown["session_date"], shown["speed"]) == (False, None, 60.0)
    assert datetime.fromisoformat(shown["next_open"]) == NEXT_OPEN
    assert shown["next_close"] == "2012-06-04T20:00:00Z"


def test_a_clock_whose_source_stopped_stands_and_is_not_open(front: Front):
    me = front.world.customer()
    front.world.clock.advance(60)
    shown = clock(front, me)
    assert (shown["running"], shown["is_open"]) == (False, False)
    assert shown["timestamp"] == "2012-06-01T15:00:05Z"
