"""The ladder of an order that could not be processed: when it is tried again, and whether at all.

The one schedule, for the state machine, its tests and whoever shows it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from hub.domain.orders.order import ARRIVING, Order, Side, State

LADDER = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)


# Before the ladder: how long a message that failed stays hidden, by its number of deliveries.
QUICK = (5, 15, 60, 120)


class Sense(StrEnum):
    """What a look at the order says of trying it once more."""

    TRY = "try"
    ENDED = "ended"  # nothing is left to be done
    EXPIRED = "expired"  # its time is over: it has to be ended
    WAITS = "waits"  # the market is closed, and it is queued already: the open brings it back
    UNFOUNDED = "unfounded"  # it holds no reservation: only a person can say why


class RecoveryState(StrEnum):
    WAITING = "waiting"
    MANUAL = "manual"
    OVER = "over"


def delay_before(tries: int) -> timedelta | None:
    """How long to wait after `tries` tries that failed; None: a person decides."""
    return LADDER[tries] if tries < len(LADDER) else None


def seconds_hidden(deliveries: int) -> int:
    """After so many deliveries that failed; 0 after the last, which gives the message up."""
    return QUICK[deliveries - 1] if deliveries <= len(QUICK) else 0


def sense_of(order: Order, market_time: datetime, *, tradable: bool) -> Sense:
    """Of trying the order again; `tradable` says whether the market is open to it."""
    if order.is_terminal:
        return Sense.ENDED
    if order.routed_at is not None:
        # Only a look at the venue says what has become of it.
        return Sense.TRY
    return _sense_here(order, market_time, tradable=tradable)


def _sense_here(order: Order, market_time: datetime, *, tradable: bool) -> Sense:
    if order.expires_at is not None and order.expires_at <= market_time:
        return Sense.EXPIRED
    if order.state is State.HELD:
        return Sense.ENDED
    if not _is_founded(order):
        return Sense.UNFOUNDED
    if order.state is not State.PENDING_NEW and not tradable:
        return Sense.WAITS
    return Sense.TRY


def _is_founded(order: Order) -> bool:
    """An order on its way in reserves; exits share what one of them holds."""
    if order.is_exit or order.state not in ARRIVING:
        return True
    return bool(order.reserved_cash if order.side is Side.BUY else order.reserved_quantity)
