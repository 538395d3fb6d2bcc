"""A market that a script drives: quotes, trades and the clock move by its commands alone. No I/O.

A command is a JSON object: `{"event": "quote", "symbol", "bid", "ask", "bid_size", "ask_size"}`,
`{"event": "trade", "symbol", "price", "size", "condition"?}` or `{"event": "clock", "at"}`, with
decimals as strings and `at` as RFC 3339.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from hub.domain.kernel import InvalidInputError
from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade, condition
from stream.clock import Jump, Turn
from stream.closings import Closings
from stream.feed import Event


class Effect(NamedTuple):
    """What a command did: `events` to be told, and before them `restated` quotes.

    A restated quote is the standing one, by its id, with a later time or another last trade. It is
    for readers of the latest quote; it is no event, and renews no size.
    """

    events: list[Event]
    restated: list[Quote]


class Script:
    """The market at a time that stands still between commands.

    A standing quote stays fresh for as long as its session lasts. A session's end is the end of its
    quotes; so is a clock that is set back.
    """

    def __init__(self, calendar: Calendar, market: datetime, epoch: int) -> None:
        self.market = market
        self.standing: dict[str, Quote] = {}
        self._calendar = calendar
        self._epoch = epoch
        self._sequence = 0
        self._openings: dict[str, SessionPrint] = {}
        self._closings = Closings()
        self._closing_trades: dict[str, Trade] = {}

    def clock(self, wall: datetime) -> MarketClock:
        return MarketClock(self.market, wall, 0.0)

    def apply(self, text: str, wall: datetime) -> Effect:
        """Raises InvalidInputError; then nothing has happened."""
        acts: dict[str, Callable[[dict[str, Any]], Effect]] = {
            "quote": self._quote,
            "trade": self._trade,
            "clock": lambda command: self._clock(command, wall),
        }
        try:
            command = json.loads(text)
            return acts[command["event"]](command)
        except (ValueError, KeyError, TypeError, InvalidOperation) as error:
            raise InvalidInputError(f"not a command: {type(error).__name__} {error}") from error

    def _quote(self, command: dict[str, Any]) -> Effect:
        names = ("bid", "ask", "bid_size", "ask_size")
        bid, ask, bid_size, ask_size = (_decimal(command[name]) for name in names)
        symbol = str(command["symbol"])
        known = self.standing.get(symbol)
        quote = Quote(
            self._id(symbol), symbol, bid, ask, bid, bid_size, ask_size, self.market
        )._replace(opening=self._openings.get(symbol), **self._closings.of(symbol)._asdict())
        if known is not None and known.last_trade_id is not None:
            quote = quote._replace(
                last=known.last,
                last_size=known.last_size,
                last_trade_id=known.last_trade_id,
                last_time=known.last_time,
            )
        self.standing[symbol] = quote
        return Effect([quote], [])

    def _trade(self, command: dict[str, Any]) -> Effect:
        """Where nothing is quoted, the trade's price stands on both sides."""
        symbol, kind = str(command["symbol"]), condition(command.get("condition", "regular"))
        price, size = _decimal(command["price"]), _decimal(command["size"])
        trade = Trade(self._id(symbol), symbol, price, size, self.market, kind)
        self._mark(trade)
        known = self.standing.get(symbol)
        if known is None or known.synthetic:
            known = Quote(
                self._id(symbol), symbol, price, price, price, size, size, self.market, True
            )
        self.standing[symbol] = known._replace(
            last=price,
            last_size=size,
            last_trade_id=trade.trade_id,
            last_time=self.market,
            opening=self._openings.get(symbol),
            **self._closings.of(symbol)._asdict(),
        )
        return Effect([trade], [self.standing[symbol]])

    def _mark(self, trade: Trade) -> None:
        session = self._calendar.session_at(self.market)
        if session is None:
            return
        if trade.condition == "opening":
            self._openings[trade.symbol] = _of_session(trade, session)
        elif trade.condition == "closing":
            self._closing_trades[trade.symbol] = trade

    def _clock(self, command: dict[str, Any], wall: datetime) -> Effect:
        at = _moment(command["at"])
        events: list[Event] = []
        if at < self.market:
            self._forget()
        while (turn := self._turn_by(at, wall)) is not None:
            events.append(turn)
            self.market = turn.anchor.market
            if not turn.opened:
                events += self._closed(turn.session)
        self.market = at
        events.append(Jump(self.clock(wall)))
        self.standing = {symbol: quote._replace(time=at) for symbol, quote in self.standing.items()}
        return Effect(events, list(self.standing.values()))

    def _turn_by(self, at: datetime, wall: datetime) -> Turn | None:
        """The first open or close after the market's time, if it is at `at` or before."""
        under_way = self._calendar.session_at(self.market)
        session = under_way or self._calendar.next_session(self.market)
        if session is None:
            return None
        boundary = session.close if under_way else session.open
        if boundary > at:
            return None
        return Turn(MarketClock(boundary, wall, 0.0), session, opened=under_way is None)

    def _closed(self, session: Session) -> list[Event]:
        """The quotes that the session ends with: of those symbols that had a closing print."""
        told: list[Event] = []
        for symbol, trade in self._closing_trades.items():
            self._closings.put(symbol, _of_session(trade, session))
            told.append(
                self.standing[symbol]._replace(
                    quote_id=self._id(symbol),
                    time=session.close,
                    last_close=True,
                    **self._closings.of(symbol)._asdict(),
                )
            )
        self._closing_trades.clear()
        self.standing.clear()
        return told

    def _forget(self) -> None:
        for each in (self.standing, self._openings, self._closings, self._closing_trades):
            each.clear()

    def _id(self, symbol: str) -> str:
        self._sequence += 1
        return f"{symbol}-{self._epoch}-{self._sequence}"


def _of_session(trade: Trade, session: Session) -> SessionPrint:
    return SessionPrint(session.day, trade.price, trade.trade_id)


def _decimal(text: Any) -> Decimal:
    number = Decimal(text)
    if not isinstance(text, str) or not number.is_finite() or number < 0:
        raise ValueError(f"{text!r} is not a decimal string of 0 or more")
    return number


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
