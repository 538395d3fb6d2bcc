"""A user's own recording: what is taken, what is refused and where, and how it is played."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hub.domain.market.calendar import Session
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.clock import started
from stream.feed import Event
from stream.file_tape import FileTape
from stream.recorded import read_sessions
from stream.replay import Replay, ReplayTerms
from stream.settings import SettingsError
from stream.tape import Item, RecordedQuote
from tests.stream.market import DATA, PACE, WALL, after, utc

QUOTES = "time,symbol,bid,ask,bid_size,ask_size"
TRADES = "time,symbol,price,size"
BOTH = f"{QUOTES},price,size,condition"
DAYS = "date,symbol,open,high,low,close,volume"
AT = "2024-07-02T13:30:00Z"

Record = Callable[..., FileTape]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    def record(*lines: str, mark: str = "") -> FileTape:
        path = tmp_path / "own.csv"
        path.write_text(mark + "\n".join(lines) + "\n", encoding="utf-8")
        return FileTape(path, read_sessions(DATA / "sessions.csv.gz"))

    return record


def session_of(tape: FileTape, day: str) -> Session:
    session = tape.calendar.last_session_until(date.fromisoformat(day))
    assert session is not None
    return session


def prints(tape: FileTape, day: str) -> list[Item]:
    return list(tape.prints(session_of(tape, day)))


def test_quotes_and_trades_are_read_exactly_and_in_order(record: Record):
    tape = record(
        BOTH,
        f"{AT},ACME,10.00,10.02,300,500.5,,,",
        "2024-07-02T09:30:00.125-04:00,ACME,,,,,10.0125,0.5,opening",
        "2024-07-02T13:31:00Z,B.X,,,,,7,1,",
    )

    assert tape.symbols == {"ACME", "B.X"}
    assert prints(tape, "2024-07-02") == [
        RecordedQuote(
            "ACME", Decimal("10.00"), Decimal("10.02"), Decimal(300), Decimal("500.5"), utc(AT[:-1])
        ),
        Trade(
            "ACME-20240702-3",
            "ACME",
            Decimal("10.0125"),
            Decimal("0.5"),
            utc("2024-07-02T13:30:00.125"),
            "opening",
        ),
        Trade(
            "B.X-20240702-4", "B.X", Decimal(7), Decimal(1), utc("2024-07-02T13:31:00"), "regular"
        ),
    ]


def test_each_session_is_read_from_where_it_begins(record: Record):
    tape = record(
        TRADES,
        "2024-07-02T13:30:00Z,ACME,10,1",
        "2024-07-02T20:00:00Z,ACME,11,1",  # the close is no part of the session
        "",
        "2024-07-03T13:30:00Z,ACME,12,1",
        "2024-07-03T16:59:59Z,ACME,13,1",
        "2024-07-03T17:00:00Z,ACME,14,1",  # three hours early that day
        "2024-07-04T14:00:00Z,ACME,15,1",
        "2024-07-05T14:00:00Z,ACME,16,1",
    )
    found = {
        day: [each.price for each in prints(tape, f"2024-07-0{day}") if isinstance(each, Trade)]
        for day in (3, 2, 5)
    }

    assert found == {2: [10], 3: [12, 13], 5: [16]}
    assert tape.outside == 3
    assert tape.calendar.session_at(utc("2024-07-08T14:00")) is None


def test_first_and_last_trade_open_and_close_where_nothing_else_says_so(record: Record):
    tape = record(
        TRADES,
        *(
            f"2024-07-02T1{hour}:00:00Z,{symbol},10,1"
            for hour in range(4, 8)
            for symbol in ("A", "B")
        ),
        "2024-07-03T15:00:00Z,A,10,1",
    )
    conditions = [each.condition for each in prints(tape, "2024-07-02") if isinstance(each, Trade)]

    assert conditions == ["opening"] * 2 + ["regular"] * 4 + ["closing"] * 2
    assert [each.condition for each in prints(tape, "2024-07-03") if isinstance(each, Trade)] == [
        "opening"
    ]


def test_days_become_four_prints_each(record: Record):
    tape = record(
        DAYS, "2024-07-02,ACME,10,11,9,10.5,4000", "2024-07-02,B,5,5,5,5,0", mark="\ufeff"
    )
    found = [each for each in prints(tape, "2024-07-02") if isinstance(each, Trade)]

    assert [str(each.price) for each in found if each.symbol == "ACME"] == ["10", "9", "11", "10.5"]
    assert [each.condition for each in found][::7] == ["opening", "closing"]
    assert found == sorted(found, key=lambda each: each.time)


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ([], "line 1: the head line"),
        (["time,symbol"], "line 1: the head line"),
        ([f"{QUOTES},colour"], "line 1: the head line"),
        ([f"{TRADES},price"], "line 1: the head line"),
        ([f"{DAYS},condition"], "line 1: the head line"),
        ([TRADES, f"{AT},ACME,10"], "line 2: the line"),
        ([TRADES, f'{AT},"ACME,10,1'], "line 2: the line"),
        ([TRADES, f"{AT},acme,10,1"], "line 2: symbol"),
        ([TRADES, f"{AT},ACME,0,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,-1,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,1e3,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,NaN,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,\u0661,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,1.00001,1"], "line 2: price"),
        ([TRADES, f"{AT},ACME,10,0"], "line 2: size"),
        ([TRADES, f"{AT},ACME,10,"], "line 2: size"),
        ([TRADES, "2024-07-02T13:30:00,ACME,10,1"], "line 2: time"),
        ([TRADES, "0001-01-01T00:00:00+14:00,ACME,10,1"], "line 2: time"),
        ([TRADES, f"{AT},ACME,10,1", "2024-07-02T13:29:59Z,ACME,10,1"], "line 3: time"),
        ([f"{TRADES},condition", f"{AT},ACME,10,1,late"], "line 2: condition"),
        ([QUOTES, f"{AT},ACME,10.02,10.00,1,1"], "line 2: bid"),
        ([QUOTES, f"{AT},ACME,10.00,,1,1"], "line 2: ask"),
        ([BOTH, f"{AT},ACME,10.00,10.02,1,1,10,1,"], "line 2: price"),
        ([DAYS, "2024-07-02,ACME,10,9,11,10,1"], "line 2: high"),
        ([DAYS, "2024-07-02,ACME,10,11,9,10,1.5"], "line 2: volume"),
        ([DAYS, "2024-07-02,B,5,5,5,5,0", "2024-07-01,B,5,5,5,5,0"], "line 3: date"),
        ([TRADES, "2024-07-04T14:00:00Z,ACME,15,1"], "no row within a session"),
        ([TRADES, "x" * 10_000], "line 2"),
    ],
)
def test_what_is_no_recording_is_refused_with_line_and_column(
    record: Record, lines: list[str], where: str
):
    with pytest.raises(SettingsError, match=f"own.csv.*{where}"):
        record(*lines)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    path = tmp_path / "own.csv"
    path.write_bytes(TRADES.encode() + b"\n\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"line 2: not UTF-8"):
        FileTape(path, read_sessions(DATA / "sessions.csv.gz"))


def test_a_recording_is_played_with_its_own_quotes(record: Record):
    tape = record(
        BOTH,
        f"{AT},ACME,10.00,10.02,300,500,,,",
        "2024-07-02T13:31:00Z,ACME,,,,,10.01,100,opening",
        "2024-07-02T13:32:00Z,ACME,10.04,10.05,200,100,,,",
    )
    clock = started(tape.calendar, PACE, first_day=date(1900, 1, 1), wall=WALL)
    assert clock is not None
    replay = Replay(tape, clock, ReplayTerms(PACE, Decimal(2), 7), told=clock.anchor.market)
    happened: list[Event] = []
    for tenth in range(25):
        happened += replay.advance(after(tenth / 10))
    told = [each for each in happened if isinstance(each, Quote)]
    replay.steer(PACE, utc("2024-07-02T20:00"))
    closing = [each for each in replay.advance(after(3)) if isinstance(each, Quote)]

    assert [(str(each.bid), str(each.ask), str(each.last)) for each in told] == [
        ("10.00", "10.02", "10.00"),
        ("10.00", "10.02", "10.01"),
        ("10.04", "10.05", "10.01"),
    ]
    assert (told[0].last_trade_id, told[1].last_trade_id) == (None, "ACME-20240702-3")
    assert [each.trade_id for each in happened if isinstance(each, Trade)] == ["ACME-20240702-3"]
    assert closing[0].closing is not None
    assert (closing[0].last_close, str(closing[0].closing.price)) == (True, "10.01")


def test_a_large_recording_is_not_held_in_memory(tmp_path: Path):
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write(TRADES + "\n")
        for number in range(23_400):
            hour, rest = divmod(13 * 3600 + 1800 + number, 3600)
            file.write(f"2024-07-02T{hour:02}:{rest // 60:02}:{rest % 60:02}Z,ACME,10,1\n")
    tape = FileTape(path, read_sessions(DATA / "sessions.csv.gz"))

    reading = tape.prints(session_of(tape, "2024-07-02"))
    first = next(reading)
    path.write_text("gone")  # what is not read ahead cannot be read any more

    assert isinstance(first, Trade)
    with pytest.raises(SettingsError):
        list(reading)
