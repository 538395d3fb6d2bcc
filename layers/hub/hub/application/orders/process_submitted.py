"""Hand a batch of submitted orders to ProcessOrder and say which of them failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.application.ports.messages import Workflow


@dataclass(frozen=True, slots=True)
class ProcessSubmitted:
    workflow: Workflow

    def __call__(self, orders: Sequence[Mapping[str, str]], trace_id: str) -> Sequence[str]:
        return self.workflow.process(orders, trace_id) if orders else []
