"""The replay's clock: open hours at a speed, closed hours in seconds, never backwards."""

from datetime import date, timedelta

from hub.domain.market.clock import MarketClock, clock_from_record, clock_record
from stream.clock import ReplayClock, market_state, resumed, started
from tests.stream.market import PACE, WALL, after, tape, utc

CALENDAR = tape().calendar
SESSION_SECONDS = 6.5 * 60  # 6.5 hours sixty times as fast


def new_clock(pace=PACE, first_day=date(2012, 6, 1), wall=WALL) -> ReplayClock:
    clock = started(CALENDAR, pace, first_day=first_day, wall=wall)
    assert clock is not None
    return clock


def test_the_replay_starts_at_the_first_open_on_or_after_its_day():
    assert new_clock().anchor.market == utc("2012-06-01T13:30")
    assert new_clock(first_day=date(2012, 6, 2)).anchor.market == utc("2012-06-04T13:30")


def test_a_replay_that_starts_after_the_last_recorded_day_has_no_clock():
    assert started(CALENDAR, PACE, first_day=date(2012, 7, 7), wall=WALL) is None


def test_open_hours_pass_at_the_speed_asked_for():
    clock = new_clock()

    assert clock.advance(after(10)) == []
    assert clock.renewed(after(10)).market == utc("2012-06-01T13:40")


def test_a_weekend_is_crossed_in_the_seconds_asked_for():
    clock = new_clock()

    turns = clock.advance(after(SESSION_SECONDS + 5))

    assert [(turn.opened, turn.anchor.market) for turn in turns] == [
        (False, utc("2012-06-01T20:00")),
        (True, utc("2012-06-04T13:30")),
    ]
    assert abs(turns[1].anchor.wall - turns[0].anchor.wall - timedelta(seconds=5)) < timedelta(
        milliseconds=1
    )
    assert turns[1].anchor.speed == PACE.speed


def test_a_close_stands_in_the_turn_that_tells_of_it():
    (closed,) = new_clock().advance(after(SESSION_SECONDS + 1))

    assert closed.session.day == date(2012, 6, 1)
    assert not closed.opened
    assert closed.anchor.until == utc("2012-06-04T13:30")


def test_weeks_pass_with_every_session_and_the_early_close_in_its_place():
    turns = new_clock().advance(after(30 * (SESSION_SECONDS + 6)))
    closes = {turn.session.day: turn.anchor.market for turn in turns if not turn.opened}

    assert len(closes) == 25  # weekdays of 2012-06-01 to 2012-07-06, less Independence Day
    assert closes[date(2012, 7, 3)] == utc("2012-07-03T17:00")
    assert date(2012, 7, 4) not in closes


def test_market_time_never_goes_back_whatever_the_steps():
    clock, seen = new_clock(), utc("2012-01-01T00:00")
    for step in range(4000):
        clock.advance(after(step * 0.37))
        market = clock.anchor.at(after(step * 0.37))
        assert market >= seen
        seen = market


def test_readers_of_an_old_anchor_wait_at_the_open_instead_of_overshooting():
    clock = new_clock()
    clock.advance(after(SESSION_SECONDS + 1))

    assert clock.anchor.at(after(SESSION_SECONDS + 300)) == utc("2012-06-04T13:30")


def test_after_the_last_session_the_market_stays_closed_and_stands_still():
    clock = new_clock()
    clock.advance(after(30 * (SESSION_SECONDS + 6)))
    later = after(90 * SESSION_SECONDS)

    assert clock.advance(later) == []
    assert clock.renewed(later).market == utc("2012-07-06T20:00")
    assert market_state(CALENDAR, clock.renewed(later), later) == "ended"


def test_speed_one_is_real_time_in_open_hours_and_still_crosses_closed_ones():
    clock = new_clock(PACE._replace(speed=1.0))

    turns = clock.advance(after(6.5 * 3600 + 6))

    assert [turn.opened for turn in turns] == [False, True]


def test_a_paused_market_stands_still():
    clock = new_clock(PACE._replace(speed=0.0))

    assert clock.advance(after(100_000)) == []
    assert clock.renewed(after(100_000)).market == utc("2012-06-01T13:30")
    assert market_state(CALENDAR, clock.renewed(after(9)), after(9)) == "paused"


def test_states_are_open_and_closed():
    clock = new_clock()
    assert market_state(CALENDAR, clock.renewed(after(1)), after(1)) == "open"

    clock.advance(after(SESSION_SECONDS + 1))

    now = after(SESSION_SECONDS + 1)
    assert market_state(CALENDAR, clock.renewed(now), now) == "closed"


def test_after_an_hour_of_standstill_the_market_goes_on_where_it_was():
    stored = new_clock().renewed(after(60))  # 14:30 in the market

    clock = resumed(stored, CALENDAR, PACE, after(3660))

    # What can have been seen after the last write: 5 seconds of the wall, 5 minutes of the market.
    assert clock.anchor.market == utc("2012-06-01T14:35")
    assert clock.anchor.market == stored.held_at(after(3660))


def test_a_restart_at_once_never_goes_back_behind_what_was_shown():
    stored = new_clock().renewed(after(60))
    shown = stored.at(after(61.9))

    assert resumed(stored, CALENDAR, PACE, after(62)).anchor.market > shown


def test_a_crossing_that_was_cut_goes_on_and_stops_at_the_open():
    clock = new_clock()
    clock.advance(after(SESSION_SECONDS + 1))
    stored = clock.renewed(after(SESSION_SECONDS + 1))

    again = resumed(stored._replace(until=None), CALENDAR, PACE, after(9000))

    assert again.anchor.market == utc("2012-06-04T13:30")
    (opened,) = again.advance(after(9000))
    assert opened.opened
    assert again.anchor.speed == PACE.speed


def test_a_close_missed_while_down_is_told_on_return():
    stored = new_clock().renewed(after(SESSION_SECONDS - 1))

    clock = resumed(stored, CALENDAR, PACE, after(9000))
    (closed,) = clock.advance(after(9000))

    assert not closed.opened
    assert closed.session.day == date(2012, 6, 1)


def test_a_new_speed_takes_hold_on_return():
    stored = new_clock().renewed(after(60))

    clock = resumed(stored, CALENDAR, PACE._replace(speed=1.0), after(60))

    assert clock.renewed(after(70)).market == utc("2012-06-01T14:30:10")


def test_the_anchor_survives_its_record():
    anchor = new_clock().anchor

    assert clock_from_record(clock_record(anchor)) == anchor
    assert clock_from_record(clock_record(anchor._replace(until=None))).until is None


def test_a_reader_takes_the_market_as_standing_still_when_its_source_is_silent():
    anchor = MarketClock(utc("2012-06-01T14:00"), WALL, 60.0)

    assert anchor.held_at(after(4)) == utc("2012-06-01T14:04")
    assert anchor.held_at(after(5000)) == utc("2012-06-01T14:05")
