"""Do what an order at an outside venue needs next: send it, book what it did, ask it back.

It looks before it acts and books under the account's lock, so that it may run twice, late and at
once. What happened is the venue's to say; that it said nothing is no answer.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from hub.application.orders.booking import Booking
from hub.application.orders.canceling import OrdersAtWork
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.venue_booking import book_end, book_standing
from hub.application.ports.venue import RoutedOrders, Venue
from hub.domain.accounts.fees import fees_of, total
from hub.domain.kernel import OrderId, UnavailableError
from hub.domain.orders.order import WORKING, Order, State
from hub.domain.orders.routing import (
    Instruction,
    Standing,
    Status,
    VenueFill,
    VenueRefusedError,
    chain,
    ended_state,
    instruction,
    missing_from,
)

logger = logging.getLogger(__name__)

ACTOR = "venue"
# So long after an order was sent it may still come to light at the venue.
IN_FLIGHT = timedelta(seconds=45)


class FollowOrderCommand(NamedTuple):
    """`told` is what the venue said of the order unasked, if it did."""

    order_id: OrderId
    trace_id: str
    told: Standing | None = None


@dataclass(frozen=True, slots=True)
class FollowOrder:
    routed: RoutedOrders
    venue: Venue
    at_work: OrdersAtWork

    def __call__(self, command: FollowOrderCommand) -> None:
        """Raises UnavailableError where it has to be done again later."""
        order = self.routed.find(command.order_id)
        if order is None or order.routed_at is None:
            return
        if order.is_terminal:
            self._withdraw(order, command.told)
            return
        standing = self._standing(order, command)
        if standing is None:
            return
        order = self._book(order, standing, command.trace_id)
        if order.state is State.PENDING_CANCEL and not standing.is_over:
            self.venue.cancel(standing)
            after = self.venue.find(order.order_id)
            if after is not None:
                self._book(order, after, command.trace_id)

    def _withdraw(self, order: Order, told: Standing | None) -> None:
        """An order that has ended here must not live on there."""
        if told is None:
            return
        if told.filled > order.filled_quantity:
            logger.error("the venue filled an order that is over: %s", order.order_id)
        found = None if told.is_over else self.venue.find(order.order_id)
        if found is not None and not found.is_over:
            logger.error("the venue works an order that is over: %s", order.order_id)
            self.venue.cancel(found)

    def _standing(self, order: Order, command: FollowOrderCommand) -> Standing | None:
        """Where the order stands at the venue; None where it ended without being there."""
        told = command.told
        if told is not None and not missing_from(told.fills, order.filled_quantity, told.filled):
            return told
        found = self.venue.find(order.order_id) if order.sent_at is not None else None
        if found is not None:
            return found
        if order.state is State.PENDING_CANCEL:
            self._end_unseen(order, command.trace_id)
            return None
        return self._submit(order, command.trace_id)

    def _submit(self, order: Order, trace_id: str) -> Standing | None:
        before = self._sending(order, trace_id)
        if before is None:
            return None
        try:
            return self.venue.submit(self._instruction(before))
        except VenueRefusedError as error:
            self._refused(before, error, trace_id)
            return None

    def _sending(self, order: Order, trace_id: str) -> Order | None:
        """The books say that the order is sent, before it is. The order as it was before; None
        where it is not to be sent any more."""
        with self._opened(order, trace_id) as booking:
            before = booking.books.orders[order.order_id]
            if before.state not in WORKING:
                return None
            sent = replace(before, sent_at=booking.steps.moment.now)
            booking.steps.note(sent, "OrderSent", "sent", {})
        self.at_work.tell(booking)
        return before

    def _instruction(self, order: Order) -> Instruction:
        schedule = self.at_work.fees.schedule(EXCHANGE)
        day = self.at_work.clock.now().date()
        fees = fees_of(schedule, order.side, order.open_quantity, order.reserved_cash, day)
        return instruction(order, total(fees))

    def _refused(self, before: Order, error: VenueRefusedError, trace_id: str) -> None:
        """What was sent before may be there, and the refusal be of its double."""
        self._check_not_in_flight(before)
        if before.sent_at is not None and self.venue.find(before.order_id) is not None:
            raise UnavailableError("the order has come to light", code="venue") from error
        with self._opened(before, trace_id) as booking:
            order = booking.books.orders[before.order_id]
            if order.is_open:
                book_end(
                    booking, order, ended_state(order, Status.REJECTED), error.code, error.detail
                )
        self.at_work.tell(booking)

    def _end_unseen(self, order: Order, trace_id: str) -> None:
        """The order is to be canceled, and the venue does not know it."""
        self._check_not_in_flight(order)
        with self._opened(order, trace_id) as booking:
            now = booking.books.orders[order.order_id]
            if now.is_open and now.sent_at == order.sent_at:
                book_end(booking, now, State.CANCELED, None, None)
        self.at_work.tell(booking)

    def _check_not_in_flight(self, order: Order) -> None:
        if order.sent_at is not None and self.at_work.clock.now() - order.sent_at < IN_FLIGHT:
            raise UnavailableError("the order may be on its way to the venue", code="venue")

    def _opened(self, order: Order, trace_id: str) -> AbstractContextManager[Booking]:
        return self.at_work.open([order], self.at_work.moment(ACTOR, trace_id))

    def _book(self, order: Order, standing: Standing, trace_id: str) -> Order:
        """The order as the venue has it, fills first. It moves the books once, whoever says it."""
        fills = self._fills(order, standing)
        with self._opened(order, trace_id) as booking:
            now = booking.books.orders[order.order_id]
            if now.is_open:
                book_standing(booking, now, standing, fills)
        self.at_work.tell(booking)
        return booking.books.orders[order.order_id]

    def _fills(self, order: Order, standing: Standing) -> Sequence[VenueFill]:
        """Raises UnavailableError while the venue does not tell all of them."""
        booked = order.filled_quantity
        if not missing_from(standing.fills, booked, standing.filled):
            return standing.fills
        fills = self.venue.fills(standing)
        if missing_from(chain(fills, booked), booked, standing.filled):
            raise UnavailableError("the venue has not told all fills yet", code="venue")
        return fills
