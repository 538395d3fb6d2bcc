"""What a person's decisions on an order share: they are on record, in the books, and answered."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.application.admin import Administrator, AdminRecord
from hub.application.orders.booking import Booking
from hub.application.orders.recovering import Recovering
from hub.application.ports.operations import Decision, RecoveryRuns
from hub.domain.kernel import NotFoundError, OrderId, RejectedError, UnavailableError
from hub.domain.orders.order import Order

logger = logging.getLogger(__name__)


class OrderNotOpenError(RejectedError):
    code = "order_not_open"


class OrderDecision(NamedTuple):
    """Somebody has decided about an order, for a reason."""

    who: Administrator
    order_id: OrderId
    reason: str


@dataclass(frozen=True, slots=True)
class Deciding:
    recovering: Recovering
    runs: RecoveryRuns
    record: AdminRecord

    def recorded(self, decision: OrderDecision, action: str, **more: Any) -> Order:
        """The order, the decision on record. Raises NotFoundError."""
        order = self.recovering.recoveries.order(decision.order_id)
        if order is None:
            raise NotFoundError("there is no such order")
        detail = {"order_id": decision.order_id, "reason": decision.reason, **more}
        self.record(decision.who, action, detail)
        return order

    @contextmanager
    def open(self, order: Order, decision: OrderDecision) -> Iterator[Booking]:
        """The books of the order, in the name of who decides. An order that has ended when they
        are committed leaves the list, and its machine is told."""
        at_work = self.recovering.at_work
        moment = at_work.moment(decision.who.customer_id, decision.who.trace_id)
        with at_work.open([order], moment) as booking:
            yield booking
        at_work.tell(booking)
        now = booking.books.orders[order.order_id]
        if now.is_terminal:
            self._close(now, decision)

    def noted(self, booking: Booking, decision: OrderDecision, action: str) -> Order:
        """The open order, with the decision in its timeline. Raises OrderNotOpenError."""
        order = booking.books.orders[decision.order_id]
        check_open(order)
        detail = {"decision": action, "reason": decision.reason}
        return booking.steps.note(order, "OperatorDecided", "decided", detail)

    def _close(self, order: Order, decision: OrderDecision) -> None:
        """What is done stays done: a machine that is not told looks for itself within a day."""
        recoveries = self.recovering.recoveries
        try:
            recovery = recoveries.find(order.order_id)
            if recovery is None:
                return
            moment = self.recovering.moment(decision.who.trace_id)
            self.recovering.end(order, moment, f"a person decided, and it is {order.state}")
            if recovery.task_token is not None:
                self.runs.answer(recovery.task_token, Decision.CLOSED)
        except UnavailableError as error:
            logger.warning("the recovery of %s was not closed: %s", order.order_id, error.detail)


def check_open(order: Order) -> None:
    """Raises OrderNotOpenError."""
    if not order.is_open:
        raise OrderNotOpenError(f"the order is {order.state}", extra={"state": order.state.value})
