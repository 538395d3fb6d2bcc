"""Instruments, the calendar and the last known prices in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import monotonic

from hub.adapters.postgres import compiled
from hub.adapters.postgres.connection import Database
from hub.application.ports.market import BarRange, InstrumentFilter
from hub.domain.kernel import InstrumentId
from hub.domain.market.bar import DailyBar, Dividend, Split
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.clock import MarketClock
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote
from hub.domain.market.trading_day import DayKind, TradingDay

CLOCK_NAME = "replay"
_REFERENCE_LIFE_SECONDS = 300.0
_LOOK_AGAIN_SECONDS = 5.0
# Ahead as far as the longest order works, and a holiday or two more.
_BEHIND, _AHEAD, _MARGIN = timedelta(days=15), timedelta(days=100), timedelta(days=14)


class PostgresInstruments:
    """Reference data is kept for five minutes; an unknown symbol is looked for sooner."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Instrument] = {}
        self._read_at: float | None = None

    def find(self, symbol: str) -> Instrument | None:
        self._refresh(_REFERENCE_LIFE_SECONDS)
        if symbol not in self._known:
            self._refresh(_LOOK_AGAIN_SECONDS)
        return self._known.get(symbol)

    def search(self, wanted: InstrumentFilter) -> Sequence[Instrument]:
        rows = self._database.rows(
            compiled.SEARCH_INSTRUMENTS,
            {f"b_{name}": value for name, value in wanted._asdict().items()},
        )
        return [Instrument(InstrumentId(row[0]), *row[1:]) for row in rows]

    def _refresh(self, life: float) -> None:
        if self._read_at is not None and monotonic() - self._read_at < life:
            return
        rows = self._database.rows(compiled.LIST_INSTRUMENTS)
        self._known = {row[1]: Instrument(InstrumentId(row[0]), *row[1:]) for row in rows}
        self._read_at = monotonic()


class PostgresCalendars:
    """Keeps the weeks it read last; the calendar of a day does not change once it is near."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[str, tuple[datetime, Calendar]] = {}

    def around(self, exchange: str, moment: datetime) -> Calendar:
        read = self._read.get(exchange)
        if read is not None and abs(moment - read[0]) < _MARGIN:
            return read[1]
        rows = self._database.rows(
            compiled.LIST_SESSIONS,
            {
                "b_exchange": exchange,
                "b_since": (moment - _BEHIND - _MARGIN).date(),
                "b_until": (moment + _AHEAD + _MARGIN).date(),
            },
        )
        calendar = Calendar(Session(*row) for row in rows)
        self._read[exchange] = (moment, calendar)
        return calendar

    def days(self, exchange: str, first: date, last: date, limit: int) -> Sequence[TradingDay]:
        rows = self._database.rows(
            compiled.LIST_TRADING_DAYS,
            {"b_exchange": exchange, "b_since": first, "b_until": last, "b_limit": limit},
        )
        return [TradingDay(Session(*row[:4]), DayKind(row[4])) for row in rows]


class PostgresBars:
    """The daily bars, and what was split and paid."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def daily(self, wanted: BarRange) -> Sequence[DailyBar]:
        rows = self._database.rows(
            compiled.LIST_DAILY_BARS,
            {
                "b_instrument_id": wanted.instrument_id,
                "b_since": wanted.first,
                "b_until": wanted.last,
                "b_limit": wanted.limit,
            },
        )
        return [DailyBar(*row) for row in rows]

    def actions(
        self, instrument_id: InstrumentId, after: date, last: date
    ) -> Sequence[Split | Dividend]:
        rows = self._database.rows(
            compiled.LIST_ACTIONS,
            {"b_instrument_id": instrument_id, "b_since": after, "b_until": last},
        )
        return [
            Split(day, new, old) if kind == "split" else Dividend(day, amount, close)
            for kind, day, new, old, amount, close in rows
        ]


class PostgresPrices:
    """What is known of prices without a live feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def clock(self) -> MarketClock | None:
        row = self._database.one(compiled.FIND_MARKET_CLOCK, {"b_name": CLOCK_NAME})
        return MarketClock(*row) if row else None

    def last_closes(self, symbols: Sequence[str], moment: datetime) -> dict[str, Quote]:
        """The last close of each symbol before `moment`, as a quote that is never fresh."""
        rows = self._database.rows(
            compiled.LIST_LAST_CLOSES, {"b_symbols": list(symbols), "b_moment": moment}
        )
        return {
            symbol: Quote(
                quote_id=f"{symbol}-close-{closed.date()}",
                symbol=symbol,
                bid=close,
                ask=close,
                last=close,
                bid_size=Decimal(0),
                ask_size=Decimal(0),
                time=closed,
                last_close=True,
            )
            for symbol, close, closed in rows
        }
