"""What the steps of a recovery share: the order's moment, and telling what was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.application.books import Cause
from hub.application.orders.canceling import OrdersAtWork
from hub.application.orders.intake import may_trade
from hub.application.orders.steps import Moment
from hub.application.ports.messages import Message
from hub.application.ports.operations import Recoveries, Told
from hub.domain.orders.order import Order
from hub.domain.orders.recovery import Sense, sense_of

ACTOR = "recovery"


@dataclass(frozen=True, slots=True)
class Recovering:
    recoveries: Recoveries
    at_work: OrdersAtWork

    def moment(self, trace_id: str) -> Moment:
        return self.at_work.moment(ACTOR, trace_id)

    def sense(self, order: Order, moment: Moment) -> Sense:
        tradable = may_trade(order, moment.calendar, moment.market_time)
        return sense_of(order, moment.market_time, tradable=tradable)

    def told(self, order: Order, kind: str, cause: Cause, detail: Mapping[str, Any]) -> Told:
        message_id = self.at_work.ids.new()
        return Told(order.order_id, order.account_id, kind, cause, detail, message_id)

    def publish(self, message: Message | None) -> None:
        if message is not None:
            self.at_work.relay.send([message])

    def end(self, order: Order, moment: Moment, reason: str) -> None:
        """The order needs no more help."""
        cause = moment.cause("recovered")
        told = self.told(order, "OrderRecovered", cause, {"reason": reason, "state": order.state})
        self.publish(self.recoveries.end(told))
