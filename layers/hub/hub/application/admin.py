"""Puts on record what an administrator is about to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.application.ports.operations import AdminAction, AdminActions
from hub.application.ports.system import Clock, Ids
from hub.domain.kernel import CustomerId


class Administrator(NamedTuple):
    """Who acts, and the request in which they do."""

    customer_id: CustomerId
    trace_id: str


@dataclass(frozen=True, slots=True)
class AdminRecord:
    actions: AdminActions
    clock: Clock
    ids: Ids

    def __call__(self, who: Administrator, action: str, detail: Mapping[str, Any]) -> None:
        self.actions.record(
            AdminAction(
                self.ids.new(), who.customer_id, action, detail, who.trace_id, self.clock.now()
            )
        )
