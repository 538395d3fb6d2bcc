"""Show how a day compared with what the venue says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hub.application.ports.reconciliation import Reconciliation, Reconciliations
from hub.domain.kernel import NotFoundError


@dataclass(frozen=True, slots=True)
class GetReconciliation:
    reconciliations: Reconciliations

    def __call__(self, day: date) -> Sequence[Reconciliation]:
        """The last comparison with each venue. Raises NotFoundError for a day without any."""
        found = self.reconciliations.latest(day)
        if not found:
            raise NotFoundError(f"{day} was not compared with any venue")
        return found
