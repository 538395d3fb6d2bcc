"""What the market does to an order when it meets a quote (order-semantics 1, profile `quote`).

Liquidity is unlimited in this profile: an order that trades, trades whole.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.domain.orders.order import Order, Side


class Outcome(StrEnum):
    FILL = "fill"
    REST = "rest"
    CANCEL = "cancel"


class Touch(NamedTuple):
    """The prices an order meets, from a quote that is fit to trade on."""

    bid: Decimal
    ask: Decimal


class Match(NamedTuple):
    """What happens to the order; `price` and `quantity` say how it fills."""

    outcome: Outcome
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)


def opposite_price(side: Side, touch: Touch) -> Decimal:
    """What a market order pays or gets: a buy the ask, a sale the bid."""
    return touch.ask if side is Side.BUY else touch.bid


def is_marketable(side: Side, limit: Decimal, touch: Touch) -> bool:
    return limit >= touch.ask if side is Side.BUY else limit <= touch.bid


def match_on_arrival(order: Order, touch: Touch) -> Match:
    """Market orders and marketable limits fill at the opposite side; other limits rest.

    A stop arrives here when it triggers: as a market order, a stop-limit as a limit.

    What may not rest (ioc, fok) is canceled instead.
    """
    if order.limit_price is None or is_marketable(order.side, order.limit_price, touch):
        return Match(Outcome.FILL, opposite_price(order.side, touch), order.open_quantity)
    return Match(Outcome.REST if order.may_wait else Outcome.CANCEL)


def match_resting(order: Order, touch: Touch) -> Match:
    """A resting limit fills at its own limit when the opposite side reaches it."""
    if order.limit_price is not None and is_marketable(order.side, order.limit_price, touch):
        return Match(Outcome.FILL, order.limit_price, order.open_quantity)
    return Match(Outcome.REST)
