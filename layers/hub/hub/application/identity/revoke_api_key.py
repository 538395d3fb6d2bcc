"""Take a key back: what it changes is refused from now on."""

from dataclasses import dataclass

from hub.application.ports.identity import ApiKeys
from hub.application.ports.system import Clock
from hub.domain.kernel import AccountId, CustomerId, NotFoundError


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    api_keys: ApiKeys
    clock: Clock

    def __call__(self, customer_id: CustomerId, account_id: AccountId, key_id: str) -> None:
        """Raises NotFoundError, also for another's key and one that is revoked."""
        if not self.api_keys.revoke(customer_id, account_id, key_id, self.clock.now()):
            raise NotFoundError("there is no such key")
