"""Replays recorded days as quotes on a virtual market clock: the rules, without I/O.

The replay moves when it is told what the wall shows, and answers with what happened since. Nothing
is interpolated: between two prints the standing quote is affirmed, with the same prices.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hub.domain.market.clock import ANCHOR_LIFE, MarketClock
from hub.domain.market.quote import Quote
from stream.clock import Pace, ReplayClock, Turn, resumed
from stream.tape import Print, Tape, touch

AFFIRM_EVERY = timedelta(seconds=1)
# What is shown as available at the touch. Sizes are not recorded.
DISPLAYED_SIZE = Decimal(100_000)


class ReplayTerms(NamedTuple):
    """`epoch` tells the quotes of one run of the feed from those of another; it only grows."""

    pace: Pace
    basis_points: Decimal
    epoch: int


class Replay:
    """The recorded market from `clock.anchor` on."""

    def __init__(self, tape: Tape, clock: ReplayClock, terms: ReplayTerms) -> None:
        self._tape = tape
        self._clock = clock
        self._terms = terms
        self._seen = clock.anchor.wall
        self._affirm_at = self._seen
        self._sequence = 0
        self._ahead: deque[Print] = deque()
        self._standing: dict[str, Print] = {}
        if (session := clock.session) is not None:
            self._ahead.extend(tape.prints(session))
            self._take_prints(before=clock.anchor.market)

    def clock(self, wall: datetime) -> MarketClock:
        return self._clock.renewed(wall)

    def advance(self, wall: datetime) -> Sequence[Quote | Turn]:
        """What happened since the last call, up to `wall`, in order of market time."""
        if wall - self._seen > ANCHOR_LIFE:
            self._wake_up(wall)
        self._seen = max(self._seen, wall)
        happened: list[Quote | Turn] = []
        for turn in self._clock.advance(self._seen):
            happened += self._printed(turn.anchor.market, self._seen)
            happened.append(turn)
            self._standing.clear()
            self._ahead = deque(self._tape.prints(turn.session) if turn.opened else ())
        market = self._clock.anchor.at(self._seen)
        happened += self._printed(market, self._seen) or self._affirmed(market)
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

    def _wake_up(self, wall: datetime) -> None:
        """The machine slept: for readers the market stood still, so it goes on from there."""
        self._clock = resumed(
            self._clock.renewed(self._seen), self._tape.calendar, self._terms.pace, wall
        )

    def _take_prints(self, before: datetime) -> list[Print]:
        """The prints that are due at market time `before`; they stand from now on."""
        due: list[Print] = []
        while self._ahead and self._ahead[0].time <= before:
            due.append(self._ahead.popleft())
        self._standing.update((each.symbol, each) for each in due)
        return due

    def _printed(self, market: datetime, wall: datetime) -> list[Quote]:
        due = self._take_prints(before=market)
        if due:
            self._affirm_at = wall + AFFIRM_EVERY
        return [self._quote(each, each.time) for each in due]

    def _affirmed(self, market: datetime) -> list[Quote]:
        if self._seen < self._affirm_at:
            return []
        self._affirm_at = self._seen + AFFIRM_EVERY
        return [self._quote(each, market) for each in self._standing.values()]

    def _quote(self, source: Print, time: datetime) -> Quote:
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
        )
