"""What Alpaca's frames say, in both of their forms, and that nothing in one can do harm."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stream.alpaca_wire import (
    LiveError,
    LiveQuote,
    LiveStatus,
    LiveTrade,
    Said,
    messages_in,
    subscription,
)
from stream.settings import SettingsError, read_settings
from stream.unpacking import unpacked
from tests.stream.alpaca import packed, quote, trade
from tests.stream.market import utc
from tests.stream.test_settings import NEEDED

TEXT = "2021-02-22T15:51:45.335689322Z"
TIME = utc("2021-02-22T15:51:45.335689")
SECONDS = 1_614_009_105


def test_json_is_read_exactly():
    frame = json.dumps(
        [
            quote("AMD", 87.66, 87.7, TEXT),
            trade("AAPL", 126.55, TEXT, number=96921, c=["@", "I"]),
            {"T": "s", "S": "AAPL", "sc": "H", "t": TEXT},
            {"T": "s", "S": "AAPL", "sc": "T", "t": TEXT},
            {"T": "subscription", "trades": [], "quotes": ["AMD"], "bars": []},
            {"T": "success", "msg": "authenticated"},
            {"T": "error", "code": 405, "msg": "symbol limit exceeded"},
            {"T": "b", "S": "AMD"},
        ]
    )

    assert messages_in(frame) == (
        [
            LiveQuote("AMD", Decimal("87.66"), Decimal("87.7"), Decimal(3), Decimal(5), TIME),
            LiveTrade("AAPL", "D96921", Decimal("126.55"), Decimal(100), TIME, "regular"),
            LiveStatus("AAPL", halted=True),
            LiveStatus("AAPL", halted=False),
            Said("subscription", frozenset({"AMD"})),
            Said("authenticated"),
            LiveError(405, "symbol limit exceeded"),
        ],
        0,
    )


def test_messagepack_means_the_same():
    nanoseconds = 335_689_322
    frame = packed(
        [
            quote("AMD", 87.66, 87.7, (SECONDS, nanoseconds)),
            trade("AAPL", 126.55, (SECONDS, nanoseconds), number=96921),
        ]
    )
    texts = json.dumps([quote("AMD", 87.66, 87.7, TEXT), trade("AAPL", 126.55, TEXT, 96921)])

    assert messages_in(frame) == messages_in(texts)


@pytest.mark.parametrize(
    ("marks", "condition"),
    [
        (["@"], "regular"),
        (["O"], "opening"),
        (["@", "Q"], "opening"),
        (["6"], "closing"),
        (["M"], "closing"),
    ],
)
def test_official_prints_are_known_by_their_conditions(marks: list[str], condition: str):
    (told,), _ = messages_in(json.dumps([trade("A", 1, TEXT, c=marks)]))

    assert isinstance(told, LiveTrade)
    assert told.condition == condition


@pytest.mark.parametrize(
    ("frame", "unreadable"),
    [
        ("", 1),
        ("{}", 1),
        ("[1]", 1),
        ("[null, {}]", 2),
        ('[{"T": ["q"]}]', 1),
        (json.dumps([quote("A", "1", 2, TEXT)]), 1),
        (json.dumps([quote("A", True, 2, TEXT)]), 1),
        ('[{"T":"q","S":"A","bp":NaN,"ap":1,"bs":1,"as":1,"t":"2021-02-22T15:51:45Z"}]', 1),
        (json.dumps([quote("A", 1, 2, "2021-02-22T15:51:45")]), 1),
        (json.dumps([quote("A", 1, 2, 17)]), 1),
        ("[" * 100_000, 1),
        (b"", 1),
        (b"\xc1", 1),
        (b"\x91" * 1000, 1),
        (b"\xdd\xff\xff\xff\xff", 1),
        (packed([]) + b"\x00", 1),
    ],
)
def test_what_cannot_be_read_is_counted(frame: str | bytes, unreadable: int):
    assert messages_in(frame) == ([], unreadable)


@given(some.binary(max_size=200))
def test_no_bytes_do_harm(frame: bytes):
    messages_in(frame)
    messages_in(packed([quote("AMD", 1.5, 2.5, (SECONDS, 1))])[:-1] + frame)


def test_times_have_three_forms():
    assert unpacked(b"\xd6\xff" + SECONDS.to_bytes(4, "big")) == TIME.replace(microsecond=0)
    long = (5000).to_bytes(4, "big") + SECONDS.to_bytes(8, "big", signed=True)
    expected = TIME.replace(microsecond=0) + timedelta(microseconds=5)
    assert unpacked(b"\xc7\x0c\xff" + long) == expected


def test_everything_that_is_wanted_is_asked_for():
    asked = json.loads(subscription(("AAPL", "IBM")))

    assert asked == {
        "action": "subscribe",
        "trades": ["AAPL", "IBM"],
        "quotes": ["AAPL", "IBM"],
        "statuses": ["AAPL", "IBM"],
    }


LIVE = {"FEED": "alpaca", "ALPACA_KEY_ID": "PK", "ALPACA_SECRET_KEY": "hidden"}


def test_live_data_wants_keys_and_is_not_shown_onward_unless_it_is_said():
    settings = read_settings(NEEDED | LIVE | {"ALPACA_SYMBOLS": "AAPL,BRK.B,AAPL"})

    assert settings.alpaca is not None
    assert settings.alpaca.symbols == ("AAPL", "BRK.B")
    assert not settings.redistributes
    assert read_settings(NEEDED | LIVE | {"FEED_REDISTRIBUTE": "true"}).redistributes
    assert "hidden" not in repr(settings)
    assert "PK" not in repr(settings.alpaca)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALPACA_KEY_ID", ""),
        ("ALPACA_SECRET_KEY", "hid\nden"),
        ("ALPACA_URL", "ws://example.com/hidden"),
        ("ALPACA_SYMBOLS", "AAPL,*"),
    ],
)
def test_wrong_settings_of_live_data_are_named_but_not_shown(name: str, value: str):
    with pytest.raises(SettingsError, match=name) as wrong:
        read_settings(NEEDED | LIVE | {name: value})
    assert "hid" not in str(wrong.value)
