"""Decide what comes next for an order on the ladder: another try, a person, or nothing more."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

from hub.application.orders.recovering import Recovering
from hub.application.orders.steps import Moment
from hub.application.ports.operations import Recoveries
from hub.domain.kernel import OrderId, UnavailableError
from hub.domain.orders.order import Order, expired_state
from hub.domain.orders.recovery import Sense, delay_before

logger = logging.getLogger(__name__)


class PlanRetryCommand(NamedTuple):
    """After `tries` tries that failed, the last one for `reason`."""

    order_id: OrderId
    episode: int
    tries: int
    reason: str
    trace_id: str


class Plan(NamedTuple):
    """`wait` so many seconds and try, `ask` a person, or it is `over`."""

    next: str
    seconds: int = 0


OVER, ASK = Plan("over"), Plan("ask")


@dataclass(frozen=True, slots=True)
class PlanRetry:
    """The same plan twice is told once."""

    recovering: Recovering

    def __call__(self, command: PlanRetryCommand) -> Plan:
        order = self._recoveries.order(command.order_id)
        assert order is not None, "a recovery is of an order"
        moment = self.recovering.moment(command.trace_id)
        match self.recovering.sense(order, moment):
            case Sense.ENDED | Sense.WAITS:
                self.recovering.end(order, moment, f"it is {order.state}")
                return OVER
            case Sense.EXPIRED:
                return OVER if self._expire(order, moment) else ASK
            case Sense.UNFOUNDED:
                return ASK
            case Sense.TRY:
                return self._plan(order, moment, command)

    @property
    def _recoveries(self) -> Recoveries:
        return self.recovering.recoveries

    def _plan(self, order: Order, moment: Moment, command: PlanRetryCommand) -> Plan:
        delay = delay_before(command.tries)
        if delay is None:
            return ASK
        at = moment.now + delay
        detail = _detail(command, delay)
        told = self.recovering.told(order, "OrderRetryPlanned", moment.cause("planned"), detail)
        planned = self._recoveries.plan(told, command.episode, command.tries, at)
        self.recovering.publish(planned)
        return Plan("wait", int(delay.total_seconds()))

    def _expire(self, order: Order, moment: Moment) -> bool:
        """Whether it could be ended; what its books refuse, a person has to look at."""
        try:
            with self.recovering.at_work.open([order], moment) as booking:
                now = booking.steps.acknowledge(booking.books.orders[order.order_id])
                if now.is_open:
                    state = expired_state(now)
                    ended = replace(
                        now.move(state, moment.now),
                        reason_code="expired",
                        reason="its time was over before it could be processed",
                    )
                    booking.end(now, ended, "expired", {})
        except UnavailableError:
            raise
        except Exception:
            logger.exception("%s cannot be ended", order.order_id)
            return False
        self.recovering.at_work.tell(booking)
        self.recovering.end(booking.books.orders[order.order_id], moment, "its time was over")
        return True


def _detail(command: PlanRetryCommand, delay: timedelta) -> Mapping[str, Any]:
    return {
        "reason": command.reason,
        "failed_tries": command.tries,
        "wait_seconds": int(delay.total_seconds()),
    }
