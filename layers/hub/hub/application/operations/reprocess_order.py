"""Have an order processed once more, now."""

from dataclasses import dataclass

from hub.application.books import Destination, queue_body
from hub.application.operations.deciding import Deciding, OrderDecision, check_open
from hub.application.ports.messages import Message, Publisher
from hub.application.ports.operations import Decision
from hub.application.ports.system import Ids
from hub.domain.kernel import UnavailableError
from hub.domain.orders.order import Order


@dataclass(frozen=True, slots=True)
class ReprocessOrder:
    """As often as it likes: what an order's state has decided stays decided."""

    deciding: Deciding
    publisher: Publisher
    ids: Ids

    def __call__(self, decision: OrderDecision) -> Order:
        """Who waits for a decision gets it; else the order is sent on its way again.

        Raises NotFoundError, OrderNotOpenError, and UnavailableError where it cannot be sent.
        """
        order = self.deciding.recorded(decision, "reprocess_order")
        check_open(order)
        recovery = self.deciding.recovering.recoveries.find(order.order_id)
        token = recovery.task_token if recovery else None
        if token is None or not self.deciding.runs.answer(token, Decision.RETRY):
            self._send(order, decision.who.trace_id)
        return order

    def _send(self, order: Order, trace_id: str) -> None:
        body = queue_body(order.order_id, order.account_id, order.symbol, trace_id)
        message = Message(self.ids.new(), order.account_id, Destination.ORDERS_SUBMITTED, body)
        if not self.publisher.publish([message]):
            raise UnavailableError("the queue does not take the order", code="aws")
