"""Orders at a venue that is not ours: what it is told, and what it tells.

Stops and trailing stops wait in our trigger book, so the venue sees market and limit orders alone.
A market buy goes as a limit at the price that its reservation pays for: whatever the venue fills
can be booked. Fills form a chain by the quantity that is filled after each, so that one which comes
twice, late or out of order is known for what it is.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.kernel import Fault, OrderId, RejectedError, price_increment
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import (
    AT_A_PRINT,
    Order,
    OrderClass,
    OrderType,
    Side,
    State,
    TimeInForce,
)

_DOWN = Context(prec=60, rounding=ROUND_DOWN)
# These know their own price; every other type trades at what the market asks.
_LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})


class NotOfferedError(RejectedError):
    """The venue has no such order. `code` is the same for all of them; the fault names the rule."""

    code = "not_offered_by_venue"


class VenueRefusedError(RejectedError):
    """The venue said no to an order, for good. `word` is its own code."""

    code = "venue_refused"

    def __init__(self, detail: str, word: str) -> None:
        super().__init__(detail, extra={"venue_code": word})


class Status(StrEnum):
    """Where an order stands at the venue, as far as that matters here."""

    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class Instruction(NamedTuple):
    """What the venue is told. `order_id` is the name by which it knows the order once."""

    order_id: OrderId
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    extended_hours: bool


class VenueFill(NamedTuple):
    """`filled` is what is filled of the order once this fill has happened, at wall time `at`."""

    execution_id: str
    quantity: Decimal
    price: Decimal
    filled: Decimal
    at: datetime


class Standing(NamedTuple):
    """An order as the venue has it. `fills` are those that were told along with it, if any."""

    order_id: OrderId
    venue_order_id: str
    status: Status
    filled: Decimal
    since: datetime
    fills: tuple[VenueFill, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.status is not Status.WORKING


def check_offered(asked: NewOrder) -> None:
    """Raises NotOfferedError for what only the paper venue does."""
    faults = tuple(_not_offered(asked))
    if faults:
        raise NotOfferedError(faults[0].message, faults=faults)


def _not_offered(asked: NewOrder) -> Iterator[Fault]:
    if asked.order_class is not OrderClass.SIMPLE:
        yield Fault("order_class", "venue", "the venue takes single orders")
    if asked.time_in_force in AT_A_PRINT:
        yield Fault("time_in_force", "venue", f"the venue does not take {asked.time_in_force}")
    if asked.notional is not None:
        yield Fault("notional", "venue", "the venue takes quantities")
    if asked.post_only:
        yield Fault("post_only", "venue", "the venue has no post_only")


def instruction(order: Order, fees: Decimal) -> Instruction:
    """What the venue is told of a routed order; `fees` are what its reservation costs at most."""
    limit = order.limit_price if order.type in _LIMITED else _ceiling(order, fees)
    gtd = order.time_in_force is TimeInForce.GTD
    return Instruction(
        order.order_id,
        order.symbol,
        order.side,
        OrderType.MARKET if limit is None else OrderType.LIMIT,
        # The venue knows no date: we cancel the order on it.
        TimeInForce.GTC if gtd else order.time_in_force,
        order.open_quantity,
        limit,
        order.extended_hours,
    )


def _ceiling(order: Order, fees: Decimal) -> Decimal | None:
    """The most that a share of a buy may cost; a sale at the market needs none."""
    if order.side is Side.SELL:
        return None
    most = _DOWN.divide(order.reserved_cash - fees, order.open_quantity)
    return _DOWN.quantize(most, price_increment(most))


def missing_from(fills: Sequence[VenueFill], booked: Decimal, filled: Decimal) -> bool:
    """Whether the fills do not lead from what is booked to what the venue has filled."""
    for fill in chain(fills, booked):
        if fill.filled - fill.quantity != booked:
            return True
        booked = fill.filled
    return booked < filled


def chain(fills: Sequence[VenueFill], booked: Decimal) -> list[VenueFill]:
    """The fills beyond what is booked, in their order, each once."""
    beyond = {fill.filled: fill for fill in fills if fill.filled > booked}
    return [beyond[filled] for filled in sorted(beyond)]


def ended_state(order: Order, status: Status) -> State:
    """What an order becomes that has ended at the venue without having been filled."""
    if status is Status.EXPIRED and order.state is not State.PENDING_CANCEL:
        return State.EXPIRED
    if status is Status.REJECTED and order.state is State.NEW:
        return State.REJECTED
    return State.CANCELED
