"""A market that happens now, as its source tells it: what is told on, and what is not. No I/O.

Market time is wall time. What the source sends twice, too late, or with prices that no market has,
is counted and not told.
"""

from collections import Counter
from datetime import datetime, timedelta

from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.clock import MarketClock
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade
from stream.alpaca_wire import LiveQuote, LiveStatus, LiveTrade
from stream.clock import Turn
from stream.closings import Closings
from stream.feed import Event

_AFFIRM_EVERY = timedelta(seconds=1)
_CLOSING_WITHIN = timedelta(minutes=30)


class LiveMarket:
    """`counts` says by kind what was not told on.

    While the source is connected a standing quote is affirmed, by the same id: it renews no size.
    After a connection was lost, a symbol shows nothing until it is quoted anew; what stood then
    becomes stale by itself. So does what is halted.
    """

    def __init__(
        self, calendar: Calendar, epoch: int, seen: datetime, counts: Counter[str]
    ) -> None:
        self._calendar = calendar
        self._epoch = epoch
        self._seen = seen
        self._session = calendar.session_at(seen)
        self._counts = counts
        self._sequence = 0
        self._standing: dict[str, Quote] = {}
        # An affirmed quote is later than what the source told.
        self._quoted_at: dict[str, datetime] = {}
        # What stood at the last close.
        self._last: dict[str, Quote] = {}
        self._trades: dict[str, Trade] = {}
        self._at_once: dict[str, set[str]] = {}
        self._halted: set[str] = set()
        self._openings: dict[str, SessionPrint] = {}
        self._closings = Closings()
        self._affirm_at = seen

    def clock(self, wall: datetime) -> MarketClock:
        return MarketClock(wall, wall, 1.0)

    def advance(self, wall: datetime) -> list[Event]:
        """Opens, closes and what is affirmed, up to `wall`."""
        happened: list[Event] = []
        while (turn := self._turn_by(wall)) is not None:
            happened.append(turn)
            self._seen = turn.anchor.market
            self._session = turn.session if turn.opened else None
            happened += [] if turn.opened else self._closed(turn.session)
        self._seen = max(self._seen, wall)
        if self._session is not None and wall >= self._affirm_at:
            self._affirm_at = wall + _AFFIRM_EVERY
            for symbol, quote in self._standing.items():
                if wall - quote.time >= _AFFIRM_EVERY:
                    self._standing[symbol] = quote._replace(time=wall)
                    happened.append(self._standing[symbol])
        return happened

    def lost(self) -> None:
        """The connection: nobody knows what was missed."""
        self._counts["connections_lost"] += 1
        self._standing.clear()

    def status(self, told: LiveStatus) -> None:
        if told.halted:
            self._halted.add(told.symbol)
            self._standing.pop(told.symbol, None)
        else:
            self._halted.discard(told.symbol)

    def quote(self, told: LiveQuote) -> list[Event]:
        known = self._standing.get(told.symbol)
        if reason := self._fault_of(told, known):
            self._counts[reason] += 1
            return []
        self._sequence += 1
        trade = self._trades.get(told.symbol)
        quote = Quote(
            quote_id=f"{told.symbol}-{self._epoch}-{self._sequence}",
            symbol=told.symbol,
            bid=told.bid,
            ask=told.ask,
            last=trade.price if trade else told.bid,
            bid_size=told.bid_size,
            ask_size=told.ask_size,
            time=told.time,
            opening=self._openings.get(told.symbol),
            **self._closings.of(told.symbol)._asdict(),
        )
        self._quoted_at[told.symbol] = told.time
        self._standing[told.symbol] = _with_last(quote, trade)
        return [self._standing[told.symbol]]

    def _fault_of(self, told: LiveQuote, known: Quote | None) -> str:
        """Empty where there is none."""
        shown = (told.bid, told.ask, told.bid_size, told.ask_size)
        faults = {
            "zero_quotes": min(shown) <= 0,
            "crossed_quotes": told.bid > told.ask,
            "halted_quotes": told.symbol in self._halted,
            "outside_sessions": self._session is None or not self._session.holds(told.time),
        }
        if known is not None:
            before = (known.bid, known.ask, known.bid_size, known.ask_size)
            faults["same_quotes"] = told.time == self._quoted_at[told.symbol] and shown == before
            faults["late_quotes"] = told.time < self._quoted_at[told.symbol]
        return next((name for name, found in faults.items() if found), "")

    def trade(self, told: LiveTrade) -> list[Event]:
        """The trade, and the quote that shows it as the last, by the id that it has."""
        if self._is_closing_print(told):
            return self._closing(told)
        if reason := self._flaw_of(told):
            self._counts[reason] += 1
            return []
        session = self._session
        assert session is not None
        trade = _trade(told, session)
        self._trades[told.symbol] = trade
        opening = self._openings.get(trade.symbol)
        if trade.condition == "opening" and (opening is None or opening.day != session.day):
            self._openings[trade.symbol] = _of_session(trade, session)
        quote = self._standing.get(told.symbol)
        if quote is None:
            return [trade]
        shown = _with_last(quote, trade)._replace(opening=self._openings.get(told.symbol))
        self._standing[told.symbol] = shown
        return [trade, shown]

    def _flaw_of(self, told: LiveTrade) -> str:
        if min(told.price, told.size) <= 0:
            return "zero_trades"
        if self._session is None or not self._session.holds(told.time):
            return "outside_sessions"
        last = self._trades.get(told.symbol)
        if last is not None and told.time < last.time:
            return "late_trades"
        if last is None or told.time > last.time:
            self._at_once[told.symbol] = set()
        if told.number in self._at_once[told.symbol]:
            return "same_trades"
        self._at_once[told.symbol].add(told.number)
        return ""

    def _is_closing_print(self, told: LiveTrade) -> bool:
        """The official one is told after the close."""
        closed = self._calendar.last_close(self._seen)
        return (
            told.condition == "closing"
            and self._session is None
            and closed is not None
            and timedelta() <= told.time - closed <= _CLOSING_WITHIN
            and told.symbol in self._last
            and told.price > 0
        )

    def _closing(self, told: LiveTrade) -> list[Event]:
        session = self._calendar.session_before(self._seen)
        assert session is not None
        last = self._last[told.symbol]
        if last.closing is not None and last.closing.day == session.day:
            self._counts["same_trades"] += 1
            return []
        trade = _trade(told, session)
        self._closings.put(told.symbol, _of_session(trade, session))
        self._last[told.symbol] = _with_last(last, trade)._replace(
            **self._closings.of(told.symbol)._asdict()
        )
        return [trade, self._last[told.symbol]]

    def _turn_by(self, wall: datetime) -> Turn | None:
        following = self._session or self._calendar.next_session(self._seen)
        if following is None:
            return None
        boundary = following.close if self._session else following.open
        if boundary > wall:
            return None
        return Turn(self.clock(boundary), following, opened=self._session is None)

    def _closed(self, session: Session) -> list[Event]:
        """What the session ends with; its closing print, if none was told yet, follows."""
        self._last = {
            symbol: quote._replace(time=session.close, last_close=True)
            for symbol, quote in self._standing.items()
        }
        self._standing.clear()
        return list(self._last.values())


def _trade(told: LiveTrade, session: Session) -> Trade:
    number = f"{told.symbol}-{session.day:%Y%m%d}-{told.number}"
    return Trade(number, told.symbol, told.price, told.size, told.time, told.condition)


def _of_session(trade: Trade, session: Session) -> SessionPrint:
    return SessionPrint(session.day, trade.price, trade.trade_id)


def _with_last(quote: Quote, trade: Trade | None) -> Quote:
    if trade is None:
        return quote
    return quote._replace(
        last=trade.price,
        last_size=trade.size,
        last_trade_id=trade.trade_id,
        last_time=trade.time,
    )
