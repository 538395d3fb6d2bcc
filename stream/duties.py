"""What the leader does beside the feed, and never in its way: watch resting orders, sweep."""

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf
from time import monotonic
from typing import Protocol

from hub.domain.kernel import UnavailableError
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.backlog import Backlog, MarketEvent
from stream.counts import Counts

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 2.0
# So many are looked at before the clock is: the book is refreshed in time under any load.
_AT_ONCE = 1_000


class Watch(Protocol):
    """Who watches resting orders; each call says how many orders it knows of, or has sent."""

    def refresh(self) -> int: ...

    def observe(self, quote: Quote) -> int: ...

    def observe_trade(self, trade: Trade) -> int: ...


class Duties:
    """Every trade and quote is looked at, in order; they wait while those before them are.

    All work is done in one thread: the use cases share a database connection. What has come to
    rest is read every `refresh_seconds`; with 0, before all that came at once is looked at.
    """

    def __init__(
        self,
        watch: Watch,
        sweep: Callable[[], int],
        counts: Counts,
        *,
        backlog: Backlog | None = None,
        refresh_seconds: float = 1.0,
    ) -> None:
        self.backlog = Backlog() if backlog is None else backlog
        self._watch = watch
        self._sweep = sweep
        self._counts = counts
        self._since = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duties")
        self._working: asyncio.Task[None] | None = None
        self._refresh_seconds = refresh_seconds
        self._refreshed_at = self._swept_at = -inf
        self._spared = False

    async def observe(self, quote: Quote) -> None:
        """Raises what an earlier event ran into, if nobody expected that."""
        self._take_on(quote)

    async def observe_trade(self, trade: Trade) -> None:
        """Raises what an earlier event ran into, if nobody expected that."""
        self._take_on(trade)

    async def batch_passed(self) -> None:
        """Time passes without events, too: what is due is done. Raises what that ran into."""
        self._start()

    async def settled(self) -> None:
        """Returns when all that was observed has been looked at. Raises what that ran into."""
        if self._working is not None:
            await asyncio.shield(self._working)

    def _take_on(self, event: MarketEvent) -> None:
        if not self.backlog:
            self._since = monotonic()
        self.backlog.put(event)
        self._counts.thinned = self.backlog.conflated
        self._start()

    def _start(self) -> None:
        if self._working is None or self._working.done():
            if self._working is not None:
                self._working.result()
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        if not self.backlog:
            await loop.run_in_executor(self._thread, self._look, (), monotonic())
        while self.backlog:
            events, since = self.backlog.take(), self._since
            for start in range(0, len(events), _AT_ONCE):
                some = events[start : start + _AT_ONCE]
                await loop.run_in_executor(self._thread, self._look, some, since)

    def _look(self, events: Sequence[MarketEvent], since: float) -> None:
        """`since` is when the first of the events came that wait together."""
        now = monotonic()
        if now - self._refreshed_at >= self._refresh_seconds:
            self._refreshed_at = now
            if self._attempt(self._watch.refresh):
                self._spare_collecting()
        for event in events:
            if sent := self._attempt(partial(self._observed, event)):
                self._counts.trigger_latency.observe(monotonic() - since, sent)
                log.info("orders reached", extra={"fields": {"by": _id(event), "sent": sent}})
        self._counts.watch_lag.observe(monotonic() - since, len(events))
        if now - self._swept_at >= _SWEEP_SECONDS:
            self._swept_at = now
            if swept := self._attempt(self._sweep):
                log.info("outbox swept", extra={"fields": {"sent": swept}})

    def _spare_collecting(self) -> None:
        """A book of a hundred thousand orders lives long; looking through it for garbage would stop
        everything for a second. Done once, when the first orders are there."""
        if not self._spared:
            self._spared = True
            gc.collect()
            gc.freeze()

    def _observed(self, event: MarketEvent) -> int:
        if isinstance(event, Quote):
            return self._watch.observe(event)
        return self._watch.observe_trade(event)

    def _attempt(self, duty: Callable[[], int]) -> int:
        """What fails because a server is away is done again later: the next refresh reads what
        this one did not, and an order that was taken out comes back with the next reload."""
        try:
            return duty()
        except UnavailableError as error:
            log.warning("duties wait: %s", error.detail)
            return 0


def _id(event: MarketEvent) -> str:
    return event.quote_id if isinstance(event, Quote) else event.trade_id
