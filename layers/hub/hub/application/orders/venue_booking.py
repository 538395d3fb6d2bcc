"""What an outside venue says of an order, in the books: its fills, and its end."""

from collections.abc import Sequence
from dataclasses import replace

from hub.application.orders.booking import Booking, Seen
from hub.application.orders.election import quote_event
from hub.application.orders.steps import Moment
from hub.domain.kernel import UnavailableError
from hub.domain.market.quote import Quote
from hub.domain.orders.events import Market
from hub.domain.orders.order import Order, State
from hub.domain.orders.routing import Standing, Status, VenueFill, chain, ended_state

_REASONS = {
    State.EXPIRED: ("expired", "its time in force is over"),
    State.REJECTED: ("venue_rejected", "the venue has rejected it"),
    State.CANCELED: ("venue_canceled", "the venue has ended it"),
}


def book_standing(
    booking: Booking, order: Order, standing: Standing, fills: Sequence[VenueFill]
) -> None:
    """The open order becomes what it is at the venue. What is booked already is left alone.

    Raises UnavailableError where the venue's word does not fit what is booked: a person has to
    look if it stays so.
    """
    asked_back = order.state is State.PENDING_CANCEL
    for fill in chain(fills, order.filled_quantity):
        order = _book_fill(booking, order, fill, standing)
    if order.is_terminal:
        return
    if standing.status is Status.FILLED:
        raise UnavailableError("the venue calls filled what is not", code="venue")
    if standing.is_over:
        state = ended_state(order, standing.status)
        known = asked_back and standing.status is Status.CANCELED
        code, reason = (None, None) if known else _REASONS[state]
        book_end(booking, order, state, code, reason)
    elif asked_back and order.state is not State.PENDING_CANCEL:
        again = order.move(State.PENDING_CANCEL, booking.steps.moment.now)
        booking.steps.take(order, again, "cancel_requested", {})


def book_end(
    booking: Booking, order: Order, state: State, code: str | None, reason: str | None
) -> None:
    """The order ends without (further) fill."""
    ended = order.move(state, booking.steps.moment.now)
    ended = replace(ended, reason_code=code, reason=reason)
    booking.end(order, ended, code or "canceled", {})


def _book_fill(booking: Booking, order: Order, fill: VenueFill, standing: Standing) -> Order:
    if fill.filled - fill.quantity != order.filled_quantity:
        raise UnavailableError("a fill of the venue does not follow on the last", code="venue")
    event_id = f"venue-{fill.execution_id}"
    moment = _at_fill(booking.steps.moment, fill)
    quote = Quote(
        quote_id=event_id,
        symbol=order.symbol,
        bid=fill.price,
        ask=fill.price,
        last=fill.price,
        bid_size=fill.quantity,
        ask_size=fill.quantity,
        time=moment.market_time,
        last_trade_id=standing.venue_order_id,
    )
    then = replace(booking, steps=replace(booking.steps, moment=moment))
    then.fill_as_told(
        order, fill.quantity, fill.price, Seen(Market(), quote, None, quote_event(quote))
    )
    return booking.books.orders[order.order_id]


def _at_fill(moment: Moment, fill: VenueFill) -> Moment:
    """A fill belongs to the day on which it happened, however late we hear of it. A market of our
    own time, such as a replay, has its fills when they are heard."""
    return moment._replace(market_time=min(moment.market_time, fill.at))
