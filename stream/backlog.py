"""Market events that wait to be looked at: all of them in order, up to a bound."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade

MarketEvent = Quote | Trade
BOUND = 50_000


class Backlog:
    """While `bound` events wait, later ones are thinned out: of each symbol only those stay that
    an order could have been reached by.

    These are the quotes with the lowest and the highest bid and ask, the trades with the lowest and
    the highest price, the latest of each, and the latest opening and closing print. A stop or limit
    that any of the events reached, one of those reaches too; the latest alone would hide a price
    that was touched and left. They stay in their order. What is lost is the path between: a
    trailing stop may miss a reversal within it.
    """

    def __init__(self, bound: int = BOUND) -> None:
        self.conflated = 0
        self._bound = bound
        self._waiting: deque[MarketEvent] = deque()
        self._thinned: dict[tuple[str, str], tuple[int, MarketEvent]] = {}
        self._came = 0

    def put(self, event: MarketEvent) -> None:
        # Once some are thinned out, the next ones are too: they are later than those.
        if not self._thinned and len(self._waiting) < self._bound:
            self._waiting.append(event)
            return
        self.conflated += 1
        self._came += 1
        for role, rank in _roles(event):
            held = self._thinned.get((event.symbol, role))
            if held is None or rank is None or rank > _rank(held[1], role):
                self._thinned[event.symbol, role] = (self._came, event)

    def take(self) -> list[MarketEvent]:
        """All that waits; none of it waits any more."""
        kept = sorted(dict(self._thinned.values()).items())
        events = [*self._waiting, *(event for _, event in kept)]
        self._waiting.clear()
        self._thinned.clear()
        return events

    def __bool__(self) -> bool:
        return bool(self._waiting or self._thinned)


def _roles(event: MarketEvent) -> Iterator[tuple[str, Decimal | None]]:
    """What an event may be kept as, and how well it serves; None: the latest serves best."""
    if isinstance(event, Quote):
        yield "latest quote", None
        yield "highest bid", event.bid
        yield "lowest bid", -event.bid
        yield "highest ask", event.ask
        yield "lowest ask", -event.ask
    else:
        yield f"latest {event.condition} trade", None
        yield "highest trade", event.price
        yield "lowest trade", -event.price


def _rank(event: MarketEvent, role: str) -> Decimal:
    rank = dict(_roles(event))[role]
    assert rank is not None
    return rank
