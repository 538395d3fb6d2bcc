"""Put an order that no try has helped into the hands of a person, whose answer the token takes."""

from dataclasses import dataclass
from typing import NamedTuple

from hub.application.orders.recovering import Recovering
from hub.domain.kernel import OrderId


class AskOperatorCommand(NamedTuple):
    order_id: OrderId
    episode: int
    tries: int
    reason: str
    task_token: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class AskOperator:
    """Asking again only renews the token: the order is in the list already."""

    recovering: Recovering

    def __call__(self, command: AskOperatorCommand) -> None:
        recoveries = self.recovering.recoveries
        order = recoveries.order(command.order_id)
        assert order is not None, "a recovery is of an order"
        cause = self.recovering.moment(command.trace_id).cause("asked")
        detail = {"reason": command.reason, "failed_tries": command.tries}
        told = self.recovering.told(order, "OrderHandedToOperator", cause, detail)
        asked = recoveries.ask(told, command.episode, command.tries, command.task_token)
        self.recovering.publish(asked)
