"""The replay as its readers see it: real prints in order, fresh quotes, nothing invented."""

from datetime import date, timedelta
from decimal import Decimal

from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade
from stream.clock import Pace, ReplayClock, Turn, resumed, started
from stream.feed import Event
from stream.recorded import read_bars
from stream.replay import Replay, ReplayTerms
from tests.stream.market import DATA, PACE, SYMBOLS, WALL, after, tape, utc

SESSION_SECONDS = 6.5 * 60
TERMS = ReplayTerms(PACE, Decimal(2), epoch=7)


def new_replay(terms=TERMS, first_day=date(2012, 6, 1)) -> Replay:
    clock = started(tape().calendar, terms.pace, first_day=first_day, wall=WALL)
    assert clock is not None
    return Replay(tape(), clock, terms, told=clock.anchor.market)


def run(replay: Replay, start: float, end: float, step: float = 1.0) -> list[Event]:
    happened: list[Event] = []
    now = start
    while now <= end:
        happened += replay.advance(after(now))
        now += step
    return happened


def quotes(happened: list[Event], symbol: str = "AAPL") -> list[Quote]:
    return [each for each in happened if isinstance(each, Quote) and each.symbol == symbol]


def trades(happened: list[Event], symbol: str = "AAPL") -> list[Trade]:
    return [each for each in happened if isinstance(each, Trade) and each.symbol == symbol]


def test_the_first_moment_shows_the_open_of_every_symbol():
    first = new_replay().advance(WALL)

    assert {each.symbol for each in first if isinstance(each, Quote)} == SYMBOLS
    (apple,) = quotes(list(first))
    assert (apple.last, apple.time) == (Decimal("569.16"), utc("2012-06-01T13:30"))
    assert apple.bid < apple.last < apple.ask
    assert apple.quote_id.startswith("AAPL-7-")
    assert not apple.synthetic


def test_a_session_shows_its_four_prints_and_no_other_price():
    seen = quotes(run(new_replay(), 0, SESSION_SECONDS - 1))

    assert list(dict.fromkeys(str(each.last) for each in seen)) == [
        "569.16",
        "572.65",
        "560.52",
        "560.99",
    ]


def test_between_prints_the_standing_quote_is_affirmed_every_second():
    seen = quotes(run(new_replay(), 0, 30, step=0.25))

    assert len(seen) == 31
    assert len({each.quote_id for each in seen}) == 31
    assert {each.last for each in seen} == {Decimal("569.16")}
    assert seen[-1].time - seen[-2].time == timedelta(seconds=60)


def test_quotes_come_in_order_of_market_time_and_sequence():
    seen = [each for each in run(new_replay(), 0, 2000) if isinstance(each, Quote)]

    assert [each.time for each in seen] == sorted(each.time for each in seen)
    sequences = [int(each.quote_id.rpartition("-")[2]) for each in seen]
    assert sequences == list(range(1, len(seen) + 1))


def test_a_trade_is_told_before_the_quote_that_shows_it():
    happened = run(new_replay(), 0, SESSION_SECONDS - 1)
    printed = trades(happened)

    assert [(each.trade_id, each.condition) for each in printed] == [
        ("AAPL-20120601-1", "opening"),
        ("AAPL-20120601-2", "regular"),
        ("AAPL-20120601-3", "regular"),
        ("AAPL-20120601-4", "closing"),
    ]
    for trade in printed:
        quote = happened[happened.index(trade) + 1]
        assert isinstance(quote, Quote)
        assert (
            quote.symbol,
            quote.last,
            quote.last_size,
            quote.last_time,
            quote.last_trade_id,
        ) == (
            "AAPL",
            trade.price,
            trade.size,
            trade.time,
            trade.trade_id,
        )
    assert printed[0].size == 18_606_700 / 4


def test_a_closed_market_is_quoted_once_to_show_the_close_and_not_to_trade_on():
    happened = run(new_replay(), 0, SESSION_SECONDS + 20, step=0.5)
    turns = [each for each in happened if isinstance(each, Turn)]
    assert [turn.opened for turn in turns] == [False, True]
    closed, opened = (happened.index(turn) for turn in turns)

    assert not any(each.last_close for each in quotes(happened[:closed]))
    (last,) = quotes(happened[closed:opened])
    assert (last.last, last.time, last.last_close) == (
        Decimal("560.99"),
        utc("2012-06-01T20:00"),
        True,
    )
    assert last.closing == SessionPrint(date(2012, 6, 1), Decimal("560.99"), "AAPL-20120601-4")
    after_the_open = quotes(happened[opened:])
    assert after_the_open[0].last == Decimal("561.5")
    assert after_the_open[0].time == utc("2012-06-04T13:30")
    assert not after_the_open[0].last_close


def test_a_quote_shows_the_opening_of_its_session_and_the_close_of_the_one_before():
    friday = run(new_replay(), 0, SESSION_SECONDS - 1)
    monday = run(new_replay(first_day=date(2012, 6, 1)), 0, SESSION_SECONDS + 20)

    assert {each.opening for each in quotes(friday)} == {
        SessionPrint(date(2012, 6, 1), Decimal("569.16"), "AAPL-20120601-1")
    }
    assert {each.closing for each in quotes(friday)} == {None}
    assert quotes(monday)[-1].opening == SessionPrint(
        date(2012, 6, 4), Decimal("561.5"), "AAPL-20120604-1"
    )
    assert quotes(monday)[-1].closing == SessionPrint(
        date(2012, 6, 1), Decimal("560.99"), "AAPL-20120601-4"
    )


def clock_at(market: str) -> ReplayClock:
    stored = MarketClock(utc(market), WALL, PACE.speed)
    return resumed(stored, tape().calendar, PACE, after(4))


def test_the_days_change_is_since_the_close_before_the_day_whenever_it_is_looked_at():
    bars = read_bars(DATA / "us_stocks_daily.csv.gz", date(2012, 6, 1))
    closes = {
        bar.day: bar.close for bar in bars if bar.symbol == "AAPL" and bar.day <= date(2012, 7, 6)
    }
    days = sorted(closes)
    quick = TERMS._replace(pace=Pace(speed=1_800.0, closed=timedelta(seconds=1)))
    seen = quotes(run(new_replay(quick), 0, 14 * len(days)))

    assert {each.time.date() for each in seen} == set(days)
    assert date(2012, 7, 4) not in days
    for quote in seen:
        place = days.index(quote.time.date())
        began = quote.day_began
        assert (began.price if began else None) == (closes[days[place - 1]] if place else None)
    over = [each for each in seen if each.last_close]
    assert len(over) == len(days)


def test_a_market_that_begins_on_a_holiday_knows_what_the_day_before_it_changed():
    holiday = MarketClock(utc("2012-07-04T15:00"), WALL, speed=1.0)
    clock = resumed(holiday, tape().calendar, PACE, WALL)
    replay = Replay(tape(), clock, TERMS, told=holiday.market)
    (told,) = quotes(list(replay.advance(WALL)))

    assert told.closing is not None
    assert told.day_began is not None
    assert told.time.date() == told.closing.day == date(2012, 7, 3)
    assert told.day_began.day == date(2012, 7, 2)


def test_what_goes_on_within_a_session_knows_its_prints_without_telling_them_again():
    clock = clock_at("2012-06-04T14:00")
    replay = Replay(tape(), clock, TERMS, told=utc("2012-06-04T14:00"))

    happened = run(replay, 4, 6)

    assert trades(happened) == []
    first = quotes(happened)[0]
    assert (first.last, first.last_trade_id) == (Decimal("561.5"), "AAPL-20120604-1")
    assert (first.opening, first.closing) == (
        SessionPrint(date(2012, 6, 4), Decimal("561.5"), "AAPL-20120604-1"),
        SessionPrint(date(2012, 6, 1), Decimal("560.99"), "AAPL-20120601-4"),
    )


def test_a_print_that_nobody_may_have_been_told_of_is_told():
    at_the_open = utc("2012-06-04T13:30")
    replay = Replay(tape(), clock_at("2012-06-04T13:30"), TERMS, told=at_the_open)

    happened = run(replay, 4, 5)

    assert [each.time for each in trades(happened)] == [at_the_open]
    # Others may have seen quotes of any time up to here; those do not go back.
    assert quotes(happened)[0].time == at_the_open + timedelta(seconds=4 * 60)


def test_a_halt_does_not_pass_over_a_print():
    replay = new_replay()
    run(replay, 0, 129)

    quiet = replay.halted(after(129.5))
    late = replay.halted(after(140))

    assert (quiet.market, quiet.speed) == (utc("2012-06-01T13:30") + timedelta(seconds=7770), 0.0)
    assert late.market == utc("2012-06-01T15:40")  # the second print, a third into the session


def test_what_goes_on_in_the_night_shows_the_close_again():
    replay = Replay(tape(), clock_at("2012-06-01T20:00"), TERMS, told=utc("2012-06-01T20:00"))

    (shown,) = quotes(run(replay, 4, 4))

    assert (shown.last_close, shown.time) == (True, utc("2012-06-01T20:00"))
    assert shown.closing is not None


def test_the_last_print_comes_before_the_close_even_when_the_loop_was_late():
    replay = new_replay()
    run(replay, 0, SESSION_SECONDS - 2)

    happened = replay.advance(after(SESSION_SECONDS + 1))

    closed = next(index for index, each in enumerate(happened) if isinstance(each, Turn))
    assert {each.last for each in quotes(list(happened[:closed]))} == {Decimal("560.99")}
    assert [each.condition for each in trades(list(happened[:closed]))] == ["closing"]


def test_waking_when_told_misses_nothing():
    replay, now, count = new_replay(), WALL, 0
    happened: list[Event] = []
    while now < after(SESSION_SECONDS * 2 + 10):
        happened += replay.advance(now)
        now = max(replay.wake(), now + timedelta(microseconds=1))
        count += 1

    prints = {(each.time, each.last) for each in quotes(happened)}
    monday = tape().calendar.session_at(utc("2012-06-04T14:00"))
    assert monday is not None
    for session_print in tape().prints(monday):
        if session_print.symbol == "AAPL":
            assert (session_print.time, session_print.price) in prints
    assert count < 2 * SESSION_SECONDS * 2


def test_a_machine_that_slept_for_an_hour_does_not_lose_two_weeks():
    replay = new_replay()
    run(replay, 0, 60)

    replay.advance(after(3660))

    assert replay.clock().market == utc("2012-06-01T14:35")


def test_a_paused_replay_keeps_its_quotes_fresh_and_its_time_still():
    replay = new_replay(TERMS._replace(pace=PACE._replace(speed=0.0)))

    seen = quotes(run(replay, 0, 10))

    assert len(seen) == 11
    assert {each.time for each in seen} == {utc("2012-06-01T13:30")}


def test_a_symbol_is_quoted_only_where_it_was_recorded():
    long_ago = tape(date(2004, 8, 17), date(2004, 8, 19))
    clock = started(long_ago.calendar, PACE, first_day=date(2004, 8, 17), wall=WALL)
    assert clock is not None
    replay = Replay(long_ago, clock, TERMS, told=clock.anchor.market)

    happened = run(replay, 0, 1500)

    assert quotes(happened)
    assert quotes(happened, "FB") == []
    assert quotes(happened, "GOOG")[0].time == utc("2004-08-19T13:30")


def test_at_the_end_of_the_data_the_market_stays_closed():
    last = tape(date(2012, 7, 6), date(2012, 7, 6))
    clock = started(last.calendar, PACE, first_day=date(2012, 7, 6), wall=WALL)
    assert clock is not None
    replay = Replay(last, clock, TERMS, told=clock.anchor.market)
    run(replay, 0, SESSION_SECONDS + 2)

    assert run(replay, SESSION_SECONDS + 3, SESSION_SECONDS + 600) == []


def test_a_paused_market_goes_on_at_the_speed_that_it_is_given():
    replay = new_replay()
    run(replay, 0, 10)

    replay.steer(PACE._replace(speed=0.0), None)
    run(replay, 10, 100)
    paused = replay.clock().market
    replay.steer(PACE._replace(speed=120.0), None)
    run(replay, 100, 110)

    assert paused == utc("2012-06-01T13:40")
    assert replay.clock().market == utc("2012-06-01T14:00")


def test_a_jump_shows_what_stands_there_and_tells_nothing_of_what_it_passed_over():
    replay = new_replay()
    run(replay, 0, 10)

    jump = replay.steer(PACE, utc("2012-06-04T14:00"))
    happened = run(replay, 10, 11)

    assert jump.anchor.market == utc("2012-06-04T14:00")
    assert trades(happened) == []
    (first, second) = quotes(happened)
    assert (first.last, first.time) == (Decimal("561.5"), utc("2012-06-04T14:00"))
    assert first.opening == SessionPrint(date(2012, 6, 4), Decimal("561.5"), "AAPL-20120604-1")
    assert first.closing == SessionPrint(date(2012, 6, 1), Decimal("560.99"), "AAPL-20120601-4")
    assert int(second.quote_id.split("-")[-1]) > int(first.quote_id.split("-")[-1])


def test_a_jump_to_the_close_shows_the_last_prices_of_the_session():
    replay = new_replay()
    run(replay, 0, 10)

    replay.steer(PACE, utc("2012-06-01T20:00"))
    (shown,) = quotes(run(replay, 10, 10))

    assert (shown.last_close, shown.time, shown.last) == (
        True,
        utc("2012-06-01T20:00"),
        Decimal("560.99"),
    )


def test_a_jump_to_where_the_market_is_changes_nothing():
    replay = new_replay()
    run(replay, 0, 10)

    replay.steer(PACE, replay.clock().market)

    assert trades(run(replay, 10, 11)) == []


def test_steps_meet_every_print_and_every_turn_once_and_in_order():
    paused = PACE._replace(speed=0.0)
    replay = new_replay(TERMS._replace(pace=paused))
    happened = list(replay.advance(WALL))
    moments = []
    for number in range(9):
        upcoming = replay.position().upcoming
        assert upcoming is not None
        moments.append(upcoming)
        replay.steer(paused, upcoming)
        happened += replay.advance(after(number * 0.1))

    told = [each.trade_id for each in trades(happened)]
    assert told == [f"AAPL-201206{day}-{number}" for day in ("01", "04") for number in (1, 2, 3, 4)]
    assert moments == sorted(set(moments))
    assert moments[3:5] == [utc("2012-06-01T20:00"), utc("2012-06-04T13:30")]


def test_at_the_end_of_the_data_nothing_is_upcoming():
    last = tape(date(2012, 7, 6), date(2012, 7, 6))
    clock = started(last.calendar, PACE, first_day=date(2012, 7, 6), wall=WALL)
    assert clock is not None
    replay = Replay(last, clock, TERMS, told=clock.anchor.market)
    run(replay, 0, SESSION_SECONDS + 2)

    assert replay.position().upcoming is None
