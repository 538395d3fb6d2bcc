"""Replays recorded days as trades and quotes on a virtual market clock: the rules, without I/O.

The replay moves when it is told what the wall shows, and answers with what happened since. Nothing
is interpolated: between two prints the standing quote is affirmed, with the same prices.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hub.domain.market.calendar import Session
from hub.domain.market.clock import ANCHOR_LIFE, MarketClock
from hub.domain.market.quote import Quote
from hub.domain.market.trade import SessionPrint, Trade
from stream.clock import Pace, ReplayClock, Turn, resumed
from stream.feed import Event
from stream.tape import Tape, touch

AFFIRM_EVERY = timedelta(seconds=1)
# What is shown as available at the touch. Sizes are not recorded.
DISPLAYED_SIZE = Decimal(100_000)


class ReplayTerms(NamedTuple):
    """`epoch` tells the quotes of one run of the feed from those of another; it only grows."""

    pace: Pace
    basis_points: Decimal
    epoch: int


class Replay:
    """The recorded market. What happened before market time `told`, an earlier run has told."""

    def __init__(
        self, tape: Tape, clock: ReplayClock, terms: ReplayTerms, *, told: datetime
    ) -> None:
        self._tape = tape
        self._clock = clock
        self._terms = terms
        self._seen = clock.anchor.wall
        self._affirm_at = self._seen
        self._sequence = 0
        self._session = clock.session
        self._ahead: deque[Trade] = deque()
        self._standing: dict[str, Trade] = {}
        self._openings: dict[str, SessionPrint] = {}
        self._closings: dict[str, SessionPrint] = {}
        # Quotes of an earlier run may have shown any time before this.
        self._began = clock.anchor.market
        self._first = self._recalled(told)

    def clock(self) -> MarketClock:
        """Anchored at the latest moment that `advance` was told of."""
        return self._clock.renewed(self._seen)

    def halted(self, wall: datetime) -> MarketClock:
        """Stopped at `wall`, or at the next print if that came in between and is not told yet."""
        clock = self._clock.renewed(wall)
        market = min(clock.market, self._ahead[0].time) if self._ahead else clock.market
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

    def wake(self) -> datetime:
        """When there is something to do next."""
        moments = [self._seen + AFFIRM_EVERY]
        if self._standing:
            moments.append(self._affirm_at)
        ahead = self._ahead[0].time if self._ahead else None
        for market in (ahead, self._clock.anchor.until):
            moment = self._clock.wall_at(market) if market is not None else None
            if moment is not None:
                moments.append(moment)
        return min(moments)

    def _recalled(self, told: datetime) -> list[Event]:
        """Take up where the earlier run ended, perhaps between a close and its quotes: these are
        told again. A print at `told` itself, too: it is not known whether it was."""
        session, quotes = self._session, list[Event]()
        closed = self._tape.calendar.last_close(told)
        if closed is not None:
            before = self._tape.calendar.session_at(closed - timedelta.resolution)
            assert before is not None
            for each in self._tape.prints(before):
                self._stand(each, before)
            quotes = self._closed(before)
        if session is None:
            return quotes
        self._ahead.extend(self._tape.prints(session))
        while self._ahead and self._ahead[0].time < told:
            self._stand(self._ahead.popleft(), session)
        return []

    def _wake_up(self, wall: datetime) -> None:
        """The machine slept: for readers the market stood still, so it goes on from there."""
        self._clock = resumed(self.clock(), self._tape.calendar, self._terms.pace, wall)

    def _printed(self, market: datetime) -> list[Event]:
        """The prints that are due at `market`; they stand from now on."""
        due: list[Event] = []
        while self._session is not None and self._ahead and self._ahead[0].time <= market:
            trade = self._ahead.popleft()
            self._stand(trade, self._session)
            due += [trade, self._quote(trade, max(trade.time, self._began))]
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
        self._ahead = deque(self._tape.prints(turn.session))
        return []

    def _stand(self, trade: Trade, session: Session) -> None:
        self._standing[trade.symbol] = trade
        if trade.condition == "opening":
            self._openings[trade.symbol] = _of_session(trade, session)

    def _closed(self, session: Session) -> list[Event]:
        """The quotes that `session` ends with; nothing stands after it."""
        standing = list(self._standing.values())
        self._standing.clear()
        self._closings.update((each.symbol, _of_session(each, session)) for each in standing)
        return [self._quote(each, session.close)._replace(last_close=True) for each in standing]

    def _quote(self, source: Trade, time: datetime) -> Quote:
        self._sequence += 1
        bid, ask = touch(source.price, self._terms.basis_points)
        return Quote(
            quote_id=f"{source.symbol}-{self._terms.epoch}-{self._sequence}",
            symbol=source.symbol,
            bid=bid,
            ask=ask,
            last=source.price,
            bid_size=DISPLAYED_SIZE,
            ask_size=DISPLAYED_SIZE,
            time=time,
            last_size=source.size,
            last_trade_id=source.trade_id,
            last_time=source.time,
            opening=self._openings.get(source.symbol),
            closing=self._closings.get(source.symbol),
        )


def _of_session(trade: Trade, session: Session) -> SessionPrint:
    return SessionPrint(session.day, trade.price, trade.trade_id)
