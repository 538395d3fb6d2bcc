"""The backlog: everything in order, and under a flood what an order could be reached by."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.market.quote import Quote
from hub.domain.market.trade import Condition, Trade
from stream.backlog import Backlog, MarketEvent
from tests.stream.market import utc

NOON = utc("2012-06-01T16:00")


def quote(number: int, bid: int, symbol: str = "AAPL") -> Quote:
    price, one = Decimal(bid), Decimal(1)
    return Quote(f"{symbol}-1-{number}", symbol, price, price + 1, price, one, one, NOON)


def trade(number: int, price: int, condition: Condition = "regular", symbol: str = "AAPL") -> Trade:
    return Trade(f"T-{number}", symbol, Decimal(price), Decimal(1), NOON, condition)


def after_a_flood(*events: MarketEvent) -> list[MarketEvent]:
    backlog = Backlog(bound=0)
    for event in events:
        backlog.put(event)
    return backlog.take()


def test_everything_is_kept_in_order_while_there_is_room():
    backlog = Backlog(bound=4)
    events: list[MarketEvent] = [quote(1, 10), trade(1, 9), quote(2, 10), quote(3, 10)]
    for event in events:
        backlog.put(event)

    assert backlog.take() == events
    assert not backlog
    assert backlog.take() == []
    assert backlog.conflated == 0


def test_beyond_the_bound_the_extremes_of_a_symbol_stay_in_their_order():
    low, high, last = quote(3, 5), quote(5, 20), quote(7, 11)
    events = [quote(1, 10), quote(2, 9), low, quote(4, 12), high, quote(6, 15), last]
    backlog = Backlog(bound=1)
    for event in events:
        backlog.put(event)

    assert backlog.take() == [events[0], low, high, last]
    assert backlog.conflated == 6


def test_each_symbol_has_its_own_extremes():
    assert len(after_a_flood(quote(1, 10), quote(2, 99, "IBM"), quote(3, 11))) == 3


def test_opening_and_closing_prints_stay():
    kept = after_a_flood(
        trade(1, 10, "closing"),
        trade(2, 10, "opening"),
        trade(3, 12),
        trade(4, 10),
        trade(5, 8),
        trade(6, 10),
    )

    assert [each.trade_id for each in kept if isinstance(each, Trade)] == [
        "T-1",
        "T-2",
        "T-3",
        "T-5",
        "T-6",
    ]


def test_once_taken_there_is_room_again():
    backlog = Backlog(bound=1)
    for number in range(3):
        backlog.put(quote(number, 10))
    backlog.take()
    backlog.put(quote(3, 10))

    assert [each.quote_id for each in backlog.take() if isinstance(each, Quote)] == ["AAPL-1-3"]
    assert backlog.conflated == 2


prices = st.lists(st.tuples(st.booleans(), st.integers(1, 50)), min_size=1, max_size=60)


@given(prices, st.integers(0, 10), st.integers(1, 51))
def test_no_stop_or_limit_that_was_reached_is_missed(
    steps: list[tuple[bool, int]], bound: int, level: int
):
    events: list[MarketEvent] = [
        quote(number, price) if quoted else trade(number, price)
        for number, (quoted, price) in enumerate(steps)
    ]
    backlog = Backlog(bound)
    for event in events:
        backlog.put(event)
    kept = backlog.take()

    assert reached(kept, level) == reached(events, level)
    assert [each for each in events if each in kept] == kept
    assert len(kept) <= bound + 8


def reached(events: list[MarketEvent], level: int) -> set[str]:
    """Every way in which a price can be reached."""
    ways: set[str] = set()
    for event in events:
        sides = (
            {"bid": event.bid, "ask": event.ask}
            if isinstance(event, Quote)
            else {"trade": event.price}
        )
        ways |= {f"{side} up" for side, price in sides.items() if price >= level}
        ways |= {f"{side} down" for side, price in sides.items() if price <= level}
    return ways
