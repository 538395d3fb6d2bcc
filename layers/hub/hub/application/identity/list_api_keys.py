"""The live keys of one of the customer's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.application.ports.identity import ApiKey, ApiKeys
from hub.application.ports.system import Clock
from hub.domain.kernel import AccountId, CustomerId, NotFoundError


@dataclass(frozen=True, slots=True)
class ListApiKeys:
    api_keys: ApiKeys
    clock: Clock

    def __call__(self, customer_id: CustomerId, account_id: AccountId) -> Sequence[ApiKey]:
        """Raises NotFoundError, also for another's account."""
        keys = self.api_keys.of(customer_id, account_id, self.clock.now())
        if keys is None:
            raise NotFoundError("there is no such account")
        return keys
