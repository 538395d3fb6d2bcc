"""Replays recorded days as trades and quotes on a virtual market clock: the rules, without I/O.

The replay moves when it is told what the wall shows, and answers with what happened since. Nothing
is interpolated: between two prints the standing quote is affirmed, with the same prices.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hub.domain.market.calendar import Session
from hub.domain.market.clock import ANCHOR_LIFE, MarketClock
from hub.domain.market.course import Position
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade
from stream.clock import Jump, Pace, ReplayClock, Turn, resumed
from stream.closings import Closings
from stream.feed import Event
from stream.tape import Ahead, Item, RecordedQuote, Recording, touch

AFFIRM_EVERY = timedelta(seconds=1)
# What is shown as available at the touch where no quotes are recorded.
DISPLAYED_SIZE = Decimal(100_000)


class ReplayTerms(NamedTuple):
    """`epoch` tells the quotes of one run of the feed from those of another; it only grows."""

    pace: Pace
    basis_points: Decimal
    epoch: int


class Standing(NamedTuple):
    """What the market shows of a symbol: its last trade, its last quote, or both."""

    trade: Trade | None
    quote: RecordedQuote | None


class Replay:
    """The recorded market. What happened before market time `told`, an earlier run has told."""

    def __init__(
        self, tape: Recording, clock: ReplayClock, terms: ReplayTerms, *, told: datetime
    ) -> None:
        self._tape = tape
        self._clock = clock
        self._terms = terms
        self._seen = clock.anchor.wall
        self._affirm_at = self._seen
        self._sequence = 0
        self._session = clock.session
        self._ahead = Ahead()
        self._standing: dict[str, Standing] = {}
        self._openings: dict[str, SessionPrint] = {}
        self._closings = Closings()
        # Quotes of an earlier run may have shown any time before this.
        self._began = clock.anchor.market
        self._first = self._recalled(told)

    def clock(self) -> MarketClock:
        """Anchored at the latest moment that `advance` was told of."""
        return self._clock.renewed(self._seen)

    def halted(self, wall: datetime) -> MarketClock:
        """Stopped at `wall`, or at the next print if that came in between and is not told yet."""
        clock = self._clock.renewed(wall)
        market = min(clock.market, self._ahead.next.time) if self._ahead.next else clock.market
        return clock._replace(market=market, speed=0.0)

    def advance(self, wall: datetime) -> Sequence[Event]:
        """What happened since the last call, up to `wall`, in order of market time."""
        if wall - self._seen > ANCHOR_LIFE:
            self._wake_up(wall)
        self._seen = max(self._seen, wall)
        happened, self._first = self._first, []
        for turn in self._clock.advance(self._seen):
            happened += self._printed(turn.anchor.market)
            happened.append(turn)
            happened += self._turned(turn)
        market = self._clock.anchor.at(self._seen)
        happened += self._printed(market) or self._affirmed(market)
        return happened

    def position(self) -> Position:
        """As of the latest moment that `advance` was told of."""
        ahead = [self._ahead.next.time] if self._ahead.next else []
        boundary = self._clock.anchor.until
        upcoming = min([*ahead, boundary] if boundary else ahead, default=None)
        return Position(self.clock().market, upcoming, self._tape.calendar)

    def steer(self, pace: Pace, target: datetime | None) -> Jump:
        """Go on by `pace`, and from `target` where there is one: what lies between is passed over
        untold, and what stands there is told next."""
        self._terms = self._terms._replace(pace=pace)
        calendar, market = self._tape.calendar, self.clock().market
        if target is not None and target > market:
            self._begin(target)
            market = target
        self._clock = ReplayClock(
            calendar, pace, market=market, wall=self._seen, session=self._session
        )
        return Jump(self._clock.anchor)

    def _begin(self, market: datetime) -> None:
        self._session = self._tape.calendar.session_at(market)
        self._began, self._affirm_at = market, self._seen
        self._ahead = Ahead()
        for kept in (self._standing, self._openings, self._closings):
            kept.clear()
        self._first = self._recalled(market)

    def wake(self) -> datetime:
        """When there is something to do next."""
        moments = [self._seen + AFFIRM_EVERY]
        if self._standing:
            moments.append(self._affirm_at)
        ahead = self._ahead.next.time if self._ahead.next else None
        for market in (ahead, self._clock.anchor.until):
            moment = self._clock.wall_at(market) if market is not None else None
            if moment is not None:
                moments.append(moment)
        return min(moments)

    def _recalled(self, told: datetime) -> list[Event]:
        """Take up where the earlier run ended, perhaps between a close and its quotes: these are
        told again. A print at `told` itself, too: it is not known whether it was."""
        session, quotes = self._session, list[Event]()
        calendar = self._tape.calendar
        closed = calendar.last_close(told)
        if closed is not None:
            before = calendar.session_at(closed - timedelta.resolution)
            assert before is not None
            self._recall_close(calendar.session_before(before.open - timedelta.resolution))
            for each in self._tape.prints(before):
                self._stand(each, before)
            quotes = self._closed(before)
        if session is None:
            return quotes
        self._ahead = Ahead(self._tape.prints(session))
        while (coming := self._ahead.next) is not None and coming.time < told:
            self._stand(coming, session)
            self._ahead.take()
        return []

    def _recall_close(self, session: Session | None) -> None:
        """Of a session that was over before the one that is recalled."""
        if session is None:
            return
        for each in self._tape.prints(session):
            if isinstance(each, Trade):
                self._closings.put(each.symbol, _of_session(each, session))

    def _wake_up(self, wall: datetime) -> None:
        """The machine slept: for readers the market stood still, so it goes on from there."""
        self._clock = resumed(self.clock(), self._tape.calendar, self._terms.pace, wall)

    def _printed(self, market: datetime) -> list[Event]:
        """The prints that are due at `market`; they stand from now on."""
        due: list[Event] = []
        while self._session is not None and (coming := self._ahead.next) is not None:
            if coming.time > market:
                break
            standing = self._stand(coming, self._session)
            due += [coming] if isinstance(coming, Trade) else []
            due.append(self._quote(standing, max(coming.time, self._began)))
            self._ahead.take()
        if due:
            self._affirm_at = self._seen + AFFIRM_EVERY
        return due

    def _affirmed(self, market: datetime) -> list[Event]:
        if self._seen < self._affirm_at:
            return []
        self._affirm_at = self._seen + AFFIRM_EVERY
        return [self._quote(each, market) for each in self._standing.values()]

    def _turned(self, turn: Turn) -> list[Event]:
        if not turn.opened:
            self._session = None
            return self._closed(turn.session)
        self._session = turn.session
        self._ahead = Ahead(self._tape.prints(turn.session))
        return []

    def _stand(self, item: Item, session: Session) -> Standing:
        known = self._standing.get(item.symbol, Standing(None, None))
        if isinstance(item, RecordedQuote):
            known = known._replace(quote=item)
        else:
            known = known._replace(trade=item)
            if item.condition == "opening":
                self._openings[item.symbol] = _of_session(item, session)
        self._standing[item.symbol] = known
        return known

    def _closed(self, session: Session) -> list[Event]:
        """The quotes that `session` ends with; nothing stands after it."""
        standing = list(self._standing.values())
        self._standing.clear()
        for each in standing:
            if each.trade:
                self._closings.put(each.trade.symbol, _of_session(each.trade, session))
        return [self._quote(each, session.close)._replace(last_close=True) for each in standing]

    def _quote(self, standing: Standing, time: datetime) -> Quote:
        self._sequence += 1
        shown, trade = self._shown(standing), standing.trade
        closes = self._closings.of(shown.symbol)
        return Quote(
            quote_id=f"{shown.symbol}-{self._terms.epoch}-{self._sequence}",
            symbol=shown.symbol,
            bid=shown.bid,
            ask=shown.ask,
            last=trade.price if trade else shown.bid,
            bid_size=shown.bid_size,
            ask_size=shown.ask_size,
            time=time,
            last_size=trade.size if trade else Decimal(0),
            last_trade_id=trade.trade_id if trade else None,
            last_time=trade.time if trade else None,
            opening=self._openings.get(shown.symbol),
            closing=closes.closing,
            closing_before=closes.closing_before,
        )

    def _shown(self, standing: Standing) -> RecordedQuote:
        """The recorded quote; where none is, one around the last trade."""
        if standing.quote is not None:
            return standing.quote
        trade = standing.trade
        assert trade is not None
        bid, ask = touch(trade.price, self._terms.basis_points)
        return RecordedQuote(trade.symbol, bid, ask, DISPLAYED_SIZE, DISPLAYED_SIZE, trade.time)


def _of_session(trade: Trade, session: Session) -> SessionPrint:
    return SessionPrint(session.day, trade.price, trade.trade_id)
