"""What administrators do, on record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from hub.domain.kernel import CustomerId


class AdminAction(NamedTuple):
    """`detail` is what was asked for, as JSON has it."""

    action_id: str
    customer_id: CustomerId
    action: str
    detail: Mapping[str, Any]
    trace_id: str
    at: datetime


class AdminActions(Protocol):
    def record(self, action: AdminAction) -> None:
        """Before it is done: nothing is done that is not on record."""
