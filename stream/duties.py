"""What the leader does beside the feed, and never in its way: watch resting orders, sweep."""

import asyncio
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from hub.application.operations.sweep_outbox import SweepOutbox
from hub.application.orders.watch_resting_orders import WatchRestingOrders
from hub.domain.kernel import UnavailableError
from hub.domain.market.quote import Quote

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 1.0
_SWEEP_SECONDS = 2.0


class Duties:
    """Quotes wait, the latest per symbol, while the one before is being looked at.

    All work is done in one thread: the use cases share a database connection.
    """

    def __init__(self, watch: WatchRestingOrders, sweep: SweepOutbox) -> None:
        self._watch = watch
        self._sweep = sweep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duties")
        self._waiting: dict[str, Quote] = {}
        self._working: asyncio.Task[None] | None = None
        self._refreshed_at = 0.0
        self._swept_at = 0.0

    async def observe(self, quote: Quote) -> None:
        """Raises what an earlier quote ran into, if nobody expected that."""
        self._waiting[quote.symbol] = quote
        if self._working is None or self._working.done():
            if self._working is not None:
                self._working.result()
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            quotes = list(self._waiting.values())
            self._waiting.clear()
            await loop.run_in_executor(self._thread, self._look, quotes)

    def _look(self, quotes: Collection[Quote]) -> None:
        try:
            if monotonic() - self._refreshed_at >= _REFRESH_SECONDS:
                self._watch.refresh()
                self._refreshed_at = monotonic()
            for quote in quotes:
                if sent := self._watch.observe(quote):
                    log.info(
                        "orders reached", extra={"fields": {"quote": quote.quote_id, "sent": sent}}
                    )
            if monotonic() - self._swept_at >= _SWEEP_SECONDS:
                self._swept_at = monotonic()
                if swept := self._sweep():
                    log.info("outbox swept", extra={"fields": {"sent": swept}})
        except UnavailableError as error:
            # The next quote tries again; an order that was taken comes back with the next reload.
            log.warning("duties wait: %s", error.detail)
