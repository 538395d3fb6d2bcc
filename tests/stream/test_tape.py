"""What is replayed of a recorded day: prints, their moments, the quote around them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.domain.market.calendar import Session
from stream.tape import PRINT_SIZE, Bar, Tape, prints_of, touch

DAY = date(2012, 6, 1)
SESSION = Session(
    "XNYS", DAY, datetime(2012, 6, 1, 13, 30, tzinfo=UTC), datetime(2012, 6, 1, 20, tzinfo=UTC)
)


def bar(opened: str, high: str, low: str, close: str, symbol: str = "AAPL") -> Bar:
    return Bar(symbol, DAY, Decimal(opened), Decimal(high), Decimal(low), Decimal(close), 401)


def test_the_extreme_nearer_the_open_comes_first():
    up_first = prints_of(bar("569.16", "572.65", "560.52", "560.99"), SESSION)
    down_first = prints_of(bar("10.00", "12.00", "9.50", "11.00"), SESSION)

    assert [str(each.price) for each in up_first] == ["569.16", "572.65", "560.52", "560.99"]
    assert [str(each.price) for each in down_first] == ["10.00", "9.50", "12.00", "11.00"]


def test_the_prints_spread_over_the_sessions_real_hours():
    hours = timedelta(hours=6, minutes=30)

    times = [each.time - SESSION.open for each in prints_of(bar("2", "3", "1", "2"), SESSION)]

    assert times == [timedelta(0), hours / 3, hours * 2 / 3, hours - timedelta(minutes=1)]
    assert all(SESSION.holds(SESSION.open + time) for time in times)


def test_an_early_close_brings_the_prints_closer_together():
    early = SESSION._replace(close=SESSION.open + timedelta(hours=3, minutes=30))

    last = prints_of(bar("2", "3", "1", "2"), early)[-1]

    assert last.time == early.close - timedelta(minutes=1)


def test_the_first_print_of_a_session_opens_it_and_the_last_closes_it():
    prints = prints_of(bar("10.00", "12.00", "9.50", "11.00"), SESSION)

    assert [each.condition for each in prints] == ["opening", "regular", "regular", "closing"]
    assert [each.trade_id for each in prints] == [f"AAPL-20120601-{n}" for n in (1, 2, 3, 4)]


def test_a_print_has_a_quarter_of_the_days_volume_in_whole_shares():
    recorded = bar("2", "3", "1", "2")

    assert {each.size for each in prints_of(recorded, SESSION)} == {Decimal(100)}
    assert {each.size for each in prints_of(recorded._replace(volume=811), SESSION)} == {
        Decimal(202)
    }
    assert {each.size for each in prints_of(recorded._replace(volume=0), SESSION)} == {PRINT_SIZE}


def test_prices_keep_their_four_decimals():
    (opened, *_) = prints_of(bar("118.5625", "118.5625", "118.5625", "118.5625"), SESSION)

    assert str(opened.price) == "118.5625"


@pytest.mark.parametrize(
    ("price", "bid", "ask"),
    [
        ("569.16", "569.10", "569.22"),  # 2 basis points: 0.1138, half of it outward to the cent
        ("28.76", "28.75", "28.77"),  # a cent is more than 2 basis points
        ("118.5625", "118.55", "118.58"),
        ("0.5000", "0.4999", "0.5001"),
    ],
)
def test_bid_and_ask_stand_half_a_spread_away_on_the_increment(price: str, bid: str, ask: str):
    around = touch(Decimal(price), Decimal(2))

    assert (str(around.bid), str(around.ask)) == (bid, ask)
    assert around.bid < Decimal(price) < around.ask


def test_a_tape_covers_only_the_sessions_it_has_prints_of():
    next_day = Session(
        "XNYS", date(2012, 6, 4), *(at + timedelta(days=3) for at in (SESSION.open, SESSION.close))
    )
    tape = Tape(
        [bar("2", "3", "1", "2"), bar("5", "6", "4", "5", symbol="IBM")], [SESSION, next_day]
    )

    assert tape.calendar.next_session(SESSION.open) is None
    assert [each.symbol for each in tape.prints(SESSION)] == ["AAPL", "IBM"] * 4
    assert list(tape.prints(next_day)) == []
