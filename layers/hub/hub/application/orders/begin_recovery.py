"""Take on an order whose message could not be processed, and start its way up the ladder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hub.application.orders.recovering import Recovering
from hub.application.ports.operations import RecoveryRuns
from hub.domain.kernel import OrderId

_UNDELIVERED = "its message could not be processed"


class BeginRecoveryCommand(NamedTuple):
    """`message` is what the queue gave up on."""

    order_id: OrderId
    message: Mapping[str, str]
    trace_id: str


@dataclass(frozen=True, slots=True)
class BeginRecovery:
    """A message that comes twice finds its episode under way, and its run started."""

    recovering: Recovering
    runs: RecoveryRuns

    def __call__(self, command: BeginRecoveryCommand) -> bool:
        """Whether there is such an order."""
        recoveries = self.recovering.recoveries
        order = recoveries.order(command.order_id)
        if order is None:
            return False
        if order.is_terminal:
            return True
        moment = self.recovering.moment(command.trace_id)
        cause, detail = moment.cause("undelivered"), {"reason": _UNDELIVERED}
        told = self.recovering.told(order, "OrderStranded", cause, detail)
        self.recovering.publish(recoveries.begin(told, command.message))
        recovery = recoveries.find(command.order_id)
        assert recovery is not None, "it was begun just now, or before"
        self.runs.start(recovery, command.trace_id)
        return True
