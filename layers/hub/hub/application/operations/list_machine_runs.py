"""The runs of state machines for one order."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.admin import Administrator, AdminRecord
from hub.application.ports.operations import MachineRun, Recoveries, RecoveryRuns
from hub.domain.kernel import NotFoundError, OrderId


@dataclass(frozen=True, slots=True)
class ListMachineRuns:
    """Of RecoverOrder: ProcessOrder runs over batches, as Express, which keeps no list."""

    recoveries: Recoveries
    runs: RecoveryRuns
    record: AdminRecord

    def __call__(self, who: Administrator, order_id: OrderId) -> Sequence[MachineRun]:
        """Raises NotFoundError."""
        if self.recoveries.order(order_id) is None:
            raise NotFoundError("there is no such order")
        self.record(who, "list_machine_runs", {"order_id": order_id})
        recovery = self.recoveries.find(order_id)
        return self.runs.of(order_id, recovery.episode) if recovery else []
