"""What the market's cache holds: a family of keys for each kind of data, its life, its text."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.adapters.caching.aside import Family
from hub.domain.kernel import InstrumentId
from hub.domain.market.bar import DailyBar, Dividend, Split
from hub.domain.market.calendar import Session
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote, quote_from_record, quote_record
from hub.domain.market.trading_day import DayKind, TradingDay

_REFERENCE = timedelta(minutes=5)
_QUOTE = timedelta(seconds=5)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)


def _quote(text: str) -> Quote:
    return quote_from_record(json.loads(text))


def _instruments(text: str) -> list[Instrument]:
    return [Instrument(InstrumentId(each[0]), *each[1:]) for each in json.loads(text)]


def _days(text: str) -> list[TradingDay]:
    return [
        TradingDay(
            Session(
                exchange,
                date.fromisoformat(day),
                datetime.fromisoformat(opened),
                datetime.fromisoformat(closed),
            ),
            DayKind(kind),
        )
        for (exchange, day, opened, closed), kind in json.loads(text)
    ]


def _bars(text: str) -> list[DailyBar]:
    return [
        DailyBar(
            date.fromisoformat(day),
            Decimal(opened),
            Decimal(high),
            Decimal(low),
            Decimal(close),
            volume,
        )
        for day, opened, high, low, close, volume in json.loads(text)
    ]


def _actions(text: str) -> list[Split | Dividend]:
    return [
        Split(date.fromisoformat(day), first, second)
        if kind == "split"
        else Dividend(date.fromisoformat(day), Decimal(first), Decimal(second))
        for kind, (day, first, second) in json.loads(text)
    ]


def _actions_text(actions: Sequence[Split | Dividend]) -> str:
    return _text([("split" if isinstance(each, Split) else "dividend", each) for each in actions])


# By symbol: a quote that the stream task did not leave in Redis itself.
QUOTES: Family[Quote] = Family("quote", _QUOTE, lambda quote: _text(quote_record(quote)), _quote)
# By exchange, last symbol shown and number: pages of all instruments.
INSTRUMENTS: Family[Sequence[Instrument]] = Family("instruments", _REFERENCE, _text, _instruments)
# By exchange and year.
SESSIONS: Family[Sequence[TradingDay]] = Family("sessions", _REFERENCE, _text, _days)
# By instrument and year.
BARS: Family[Sequence[DailyBar]] = Family("bars", _REFERENCE, _text, _bars)
# By instrument.
ACTIONS: Family[Sequence[Split | Dividend]] = Family("actions", _REFERENCE, _actions_text, _actions)
FAMILIES = (QUOTES, INSTRUMENTS, SESSIONS, BARS, ACTIONS)
