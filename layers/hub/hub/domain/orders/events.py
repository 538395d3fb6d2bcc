"""What happens in the market of one symbol, as orders meet it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.orders.order import Side


class Condition(StrEnum):
    """Which print of the session a trade was."""

    REGULAR = "regular"
    OPENING = "opening"
    CLOSING = "closing"


class Touch(NamedTuple):
    """The best prices on either side."""

    bid: Decimal
    ask: Decimal

    def opposite(self, side: Side) -> Decimal:
        """What a market order pays or gets: a buy the ask, a sale the bid."""
        return self.ask if side is Side.BUY else self.bid


class QuoteEvent(NamedTuple):
    """The top of the book, with the sizes that it shows."""

    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    event_id: str = ""


class TradeEvent(NamedTuple):
    """A print: `size` was traded at `price`."""

    price: Decimal
    size: Decimal
    event_id: str = ""
    condition: Condition = Condition.REGULAR


class BarEvent(NamedTuple):
    """The prints of some time. It may be the first or the last bar of its session."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    start: datetime | None = None
    end: datetime | None = None
    opens_session: bool = True
    closes_session: bool = True
    event_id: str = ""


_ZERO = Decimal(0)
MarketEvent = QuoteEvent | TradeEvent | BarEvent


class Supply:
    """What is displayed by one event and not taken yet; None is as much as anybody wants.

    A buy takes of what is asked, a sale of what is bid; a print has one size for both.
    """

    __slots__ = ("_asked", "_bid", "_shared", "bought", "event_id", "sold")

    def __init__(
        self,
        bid: Decimal | None = None,
        asked: Decimal | None = None,
        *,
        shared: bool = False,
        event_id: str = "",
    ) -> None:
        self._bid = bid
        self._asked = asked
        self._shared = shared
        self.event_id = event_id
        self.bought = _ZERO
        self.sold = _ZERO

    def unlimited(self) -> "Supply":
        """What there is beyond the touch of the same event."""
        return Supply(event_id=self.event_id)

    def left(self, side: Side) -> Decimal | None:
        buying = side is Side.BUY
        shown = self._asked if buying else self._bid
        if shown is None:
            return None
        taken = self.bought + self.sold if self._shared else self.bought if buying else self.sold
        return max(shown - taken, _ZERO)

    def take(self, side: Side, quantity: Decimal) -> None:
        if side is Side.BUY:
            self.bought += quantity
        else:
            self.sold += quantity


def supply_of(event: MarketEvent, *, displayed: bool) -> Supply:
    """What the event itself shows."""
    if not displayed:
        return Supply(event_id=event.event_id)
    if isinstance(event, QuoteEvent):
        return Supply(event.bid_size, event.ask_size, event_id=event.event_id)
    size = event.size if isinstance(event, TradeEvent) else event.volume
    return Supply(size, size, shared=True, event_id=event.event_id)


class Market(NamedTuple):
    """The latest of each kind, with what of it can still be taken; None where there was none."""

    quote: QuoteEvent | None = None
    trade: TradeEvent | None = None
    shown: Supply = Supply()
    printed: Supply = Supply()

    @property
    def has_trades(self) -> bool:
        return self.trade is not None

    def at_quote(self, quote: QuoteEvent, shown: Supply) -> "Market":
        return self._replace(quote=quote, shown=shown)

    def at_trade(self, trade: TradeEvent, printed: Supply) -> "Market":
        return self._replace(trade=trade, printed=printed)
